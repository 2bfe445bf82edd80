export * from './cloud-event.js';
export * from './consumer-report.js';
export * from './dead-letter.js';
export * from './decode.js';
export * from './money/index.js';
export * from './payment-completed.js';
export * from './payment-completed-versions.js';
export * from './topics.js';
