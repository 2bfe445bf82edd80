export { onNewConnection } from './on-new-connection.js';
export { postgresOptions } from './postgres-options.js';
export { postgresFailure, sqlStateOf } from './postgres-failure.js';
export { CONNECT_TIMEOUT_MS, QUERY_TIMEOUT_MS } from './timeouts.js';
