import type { ConsumerName } from '@effectively-once/contracts';
import type { Position } from './evidence.js';

/** What tells one dead letter from another: who gave up which record, on which of its ways. */
export interface Letter extends Position {
  consumer: ConsumerName;
  topic: string;
  redriveCount: number;
}

/** A record of a dead-letter topic, where it lies there. */
export interface DlqRecord extends Position {
  letter: Letter;
  paymentId: string | undefined;
  /**
   * Every record is dealt as the letter its headers claim it to be (copies of one claim the same), and
   * also as the place where it lies: the table knows it by that when the claim is another's.
   */
  isClaimed: boolean;
}

export interface RedriveRecord extends Position {
  letter: Letter;
  paymentId: string | undefined;
}

/** A dead letter in the console's table. */
export interface DeadLetterRow {
  letter: Letter;
  paymentId: string | undefined;
  state: 'pending' | 'redriven' | 'discarded';
  /** Claimed by a redrive that is not finished. */
  isBeingRedriven: boolean;
  deadLetteredAtMs: number;
  /** When what became of it was asked for. */
  askedAtMs: number;
}

/** The retention of a dead-letter topic. */
export const DEAD_LETTERS_KEPT_MS = 30 * 24 * 3_600_000;

export const letterName = ({ consumer, redriveCount, ...origin }: Letter) =>
  `${consumer} ${originName(origin)}` + (redriveCount > 0 ? ` redriven ${redriveCount}` : '');

const originName = ({ topic, partition, offset }: Pick<Letter, 'topic' | keyof Position>) =>
  `${topic}/${partition}-${offset}`;

/** A dead letter among those that one consumer has of one payment. */
export interface DeadLetter {
  /** `<topic>/<partition>-<offset>` of where the record first lay. */
  original: string;
  redriveCount: number;
}

/** A dead letter on its second way; its count is one above the dead letter's. */
export interface Redrive extends DeadLetter, Position {}

export interface DeadLetterState extends DeadLetter, Pick<DeadLetterRow, 'state'> {}

export const deadLetterOf = (letter: Letter): DeadLetter => ({
  original: originName(letter),
  redriveCount: letter.redriveCount,
});
