export * from './audit.js';
export { IN_FLIGHT_LIMIT } from './invariants/i12-bounds.js';
export * from './quiescence.js';
export { readPublished } from './stores/kafka.js';
export * from './report.js';
export { sourcesOf } from './stores/sources.js';
export { openStores, type Sources, type Stores } from './stores/stores.js';
export { UnreadableStore } from './stores/unreadable-store.js';
export * from './verdict.js';
