import { USER_ID } from '@effectively-once/contracts';
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError, which commander prints with the name of the option. */
export function userId(text: string): string {
  if (USER_ID.test(text)) return text;
  throw new InvalidArgumentError('must be 1 to 64 characters of A-Z a-z 0-9 _ -');
}
