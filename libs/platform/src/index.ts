export * from './app.js';
export * from './auth.js';
export * from './config.js';
export * from './failure-points.js';
export * from './health.js';
export * from './log.js';
export * from './metrics.js';
export * from './problem.js';
export { mintToken, type Caller } from './token.js';
