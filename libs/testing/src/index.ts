export { testAddresses } from './addresses.js';
export {
  armFailurePoint,
  startSecondMember,
  switchProxy,
  type FaultTargets,
} from './fault-injection.js';
export { startContainers } from './containers.js';
export { freePort } from './free-port.js';
export { type Member } from './member.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { PROXY_FAULTS, TcpProxy, type ProxyFault } from './tcp-proxy.js';
export { waitUntil } from './wait-until.js';
