import type { ConsumerName } from '@effectively-once/contracts';
import type { Position } from './position.js';

/**
 * The identity of a dead letter: which consumer dead-lettered which record, after how many
 * redrives. All copies of one dead letter share it.
 */
export interface DeadLetterIdentity extends Position {
  consumer: ConsumerName;
  topic: string;
  redriveCount: number;
}

/** A record of a dead letter topic, and its position there. */
export interface DlqRecord extends Position {
  letter: DeadLetterIdentity;
  paymentId: string | undefined;
  /**
   * Each record counts under the identity that its headers claim (copies of one letter claim the
   * same), and also under its own position. The console's table knows it by its position if the
   * claim is false.
   */
  isClaimed: boolean;
}

export interface RedriveRecord extends Position {
  letter: DeadLetterIdentity;
  paymentId: string | undefined;
}

/** A dead letter in the console's table. */
export interface DeadLetterRow {
  letter: DeadLetterIdentity;
  paymentId: string | undefined;
  state: 'pending' | 'redriven' | 'discarded';
  /** Claimed by a redrive that is not finished. */
  isBeingRedriven: boolean;
  /** The console has noticed that the dead-letter topic was made anew without its record. */
  isRecordGone: boolean;
  deadLetteredAtMs: number;
  /** When the operator asked for its redrive or discard. */
  askedAtMs: number;
}

/** The retention of a dead letter topic. */
export const DEAD_LETTER_RETENTION_MS = 30 * 24 * 3_600_000;

export const deadLetterName = ({ consumer, redriveCount, ...origin }: DeadLetterIdentity) =>
  `${consumer} ${originName(origin)}` + (redriveCount > 0 ? ` redriven ${redriveCount}` : '');

const originName = ({
  topic,
  partition,
  offset,
}: Pick<DeadLetterIdentity, 'topic' | keyof Position>) => `${topic}/${partition}-${offset}`;

/** A dead letter, among those of one consumer and one payment. */
export interface DeadLetter {
  /** `<topic>/<partition>-<offset>` of the original record. */
  original: string;
  redriveCount: number;
}

/** A dead letter in the redrive topic. Its redrive count is one above the dead letter's. */
export interface Redrive extends DeadLetter, Position {}

export interface DeadLetterState extends DeadLetter, Pick<DeadLetterRow, 'state'> {}

export const asDeadLetter = (letter: DeadLetterIdentity): DeadLetter => ({
  original: originName(letter),
  redriveCount: letter.redriveCount,
});
