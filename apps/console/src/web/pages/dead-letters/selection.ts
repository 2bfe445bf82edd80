import type { CauseClass, DeadLetterCause } from '../../../control-room/wire/dead-letters.js';
import { withQuery } from '../../live/with-query.js';

const STATES = ['pending', 'redriven', 'discarded'] as const;
export type LetterState = (typeof STATES)[number];
const CONSUMER_NAMES = ['email', 'loyalty', 'search'] as const;
const CLASSES: readonly CauseClass[] = ['poison', 'permanent', 'transient', 'unknown'];

/** What the page shows, as its address says it. */
export interface Selection {
  state: LetterState;
  consumer: DeadLetterCause['consumer'] | null;
  errorClass: CauseClass | null;
  errorName: string | null;
  /** An action of an operator: its progress, and the dead letters that it has claimed. */
  action: string | null;
  /** One dead letter, opened. */
  letter: string | null;
  cursor: string | null;
}

/** An address is written by anyone. What it says falsely is left out. */
export function readSelection(search: string): Selection {
  const query = new URLSearchParams(search);
  const oneOf = <Value extends string>(name: string, values: readonly Value[]) =>
    values.find((value) => value === query.get(name)) ?? null;
  const matching = (name: string, pattern: RegExp) => {
    const text = query.get(name) ?? '';
    return pattern.test(text) ? text : null;
  };
  return {
    state: oneOf('state', STATES) ?? 'pending',
    consumer: oneOf('consumer', CONSUMER_NAMES),
    errorClass: oneOf('errorClass', CLASSES),
    errorName: matching('errorName', /^[\w.-]{1,64}$/),
    action: matching('action', /^\d{1,18}$/),
    letter: matching('letter', /^\d{1,6}-\d{1,18}(-\d{1,9})?$/),
    cursor: matching('cursor', /^\d{1,18}$/),
  };
}

/** The address that shows it. The default is left out. */
export const addressOf = ({ state, ...rest }: Partial<Selection>): string =>
  withQuery('/dead-letters', { state: state === 'pending' ? null : state, ...rest });

export const ofCause = (state: LetterState, cause: DeadLetterCause): Partial<Selection> => ({
  state,
  consumer: cause.consumer,
  errorClass: cause.errorClass,
  errorName: cause.errorName,
});

export const isSelected = (selection: Selection, cause: DeadLetterCause): boolean =>
  selection.consumer === cause.consumer &&
  [null, cause.errorClass].includes(selection.errorClass) &&
  [null, cause.errorName].includes(selection.errorName);

/** The same as a filter of the API. */
export const filterOf = ({ errorClass, errorName }: Selection) => ({
  ...(errorClass ? { errorClass } : {}),
  ...(errorName ? { errorName } : {}),
});

export const nameOf = ({ consumer, errorClass, errorName }: Selection): string =>
  [consumer, errorClass, errorName].filter((part) => part !== null).join(' · ');
