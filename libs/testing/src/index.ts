export { testAddresses } from './addresses.js';
export { armFailurePoint, startSecondMember, turnCable, type Breakable } from './break.js';
export { startContainers } from './containers.js';
export { freePort } from './free-port.js';
export { startMember, type Member, type MemberDefinition } from './member.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { CUTS, TcpProxy, type Cut } from './tcp-proxy.js';
export { waitUntil } from './wait-until.js';
