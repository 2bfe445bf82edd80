export { testAddresses } from './addresses.js';
export { startContainers } from './containers.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { CUTS, TcpProxy, type Cut } from './tcp-proxy.js';
export { waitUntil } from './wait-until.js';
