export * from './currencies.js';
export * from './format-money.js';
export * from './psp-units.js';
