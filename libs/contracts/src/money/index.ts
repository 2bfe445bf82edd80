export * from './currencies.js';
export * from './format-money.js';
export { minorDigits } from './minor-digits.js';
export * from './psp-units.js';
