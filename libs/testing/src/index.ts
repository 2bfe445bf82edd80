export { testAddresses } from './addresses.js';
export { startContainers } from './containers.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { waitUntil } from './wait-until.js';
