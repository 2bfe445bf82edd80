export * from './audit.js';
export type { Sources } from './stores.js';
export * from './quiescence.js';
export * from './report.js';
export { UnreadableStore } from './unreadable-store.js';
