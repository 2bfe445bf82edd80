export * from './audit.js';
export * from './quiescence.js';
export { readPublished } from './readers/kafka.js';
export * from './report.js';
export { openStores, type Sources, type Stores } from './stores.js';
export { UnreadableStore } from './unreadable-store.js';
