import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError, which commander prints with the name of the option. */
export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number.');
}

/** @throws InvalidArgumentError, which commander prints with the name of the option. */
export function fromOne(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number from 1.');
}
