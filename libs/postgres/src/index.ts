export { onNewConnection } from './on-new-connection.js';
export {
  CONNECT_TIMEOUT_MS,
  postgresOptions,
  QUERY_TIMEOUT_MS,
  STATEMENT_TIMEOUT_MS,
} from './postgres-options.js';
export { postgresFailure, sqlStateOf } from './postgres-failure.js';
