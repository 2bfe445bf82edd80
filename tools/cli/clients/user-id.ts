import { USER_ID, USER_ID_RULE } from '@effectively-once/contracts';
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError, which commander prints with the name of the option. */
export function userId(text: string): string {
  if (USER_ID.test(text)) return text;
  throw new InvalidArgumentError(`must be ${USER_ID_RULE}`);
}
