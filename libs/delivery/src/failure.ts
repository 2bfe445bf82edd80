import { PoisonRecord, type ErrorClass } from '@effectively-once/contracts';

/** A retry cannot help this record, and the code that knows says so: a mailbox that does not exist. */
export class PermanentFailure extends Error {
  override readonly name: string = 'PermanentFailure';
  /** @param message our own words: it is written into the dead letter. */
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The server answered, and may take the same later: retried with back-off, and counted. */
export class RefusedForNow extends Error {
  override readonly name: string = 'RefusedForNow';
  readonly code: string;
  /** @param reply the server's status or reply code. */
  constructor(
    readonly dependency: string,
    reply: number,
    options?: ErrorOptions,
  ) {
    super(`${dependency} refused for now`, options);
    this.code = String(reply);
  }
}

/** The server behind the effect fails for everyone, so the record is not to blame and not counted. */
export class DependencyDown extends Error {
  override readonly name: string = 'DependencyDown';
  constructor(
    readonly dependency: string,
    options?: ErrorOptions,
  ) {
    super(`${dependency} is down`, options);
  }
}

/** Another delivery of this very event is at work, or died at it: come back when its lease is over. */
export class LeaseHeld extends Error {
  override readonly name: string = 'LeaseHeld';
  constructor(readonly retryAfterMs: number) {
    super('another delivery of this event holds its lease');
  }
}

/** The same payment id with another user, amount or currency: not a duplicate, and not to be applied. */
export class IdempotencyCollision extends Error {
  override readonly name: string = 'IdempotencyCollision';
  constructor(readonly fields: string[]) {
    super(`this payment was applied before with another ${fields.join(', ')}`);
  }
}

/** The partition was closed before this could run: nobody's failure, and the record comes back. */
export class CalledOff extends Error {
  override readonly name: string = 'CalledOff';
  constructor() {
    super('the partition was closed');
  }
}

/** Processes died again and again while this record alone ran: not to be tried once more. */
export class KillsItsProcess extends Error {
  override readonly name: string = 'KillsItsProcess';
  constructor(readonly deaths: number) {
    super(`${deaths} processes died while this record alone ran`);
  }
}

export type FailureClass = ErrorClass | 'dependency_down' | 'held';

const POISON = [PoisonRecord, IdempotencyCollision, KillsItsProcess];

/** Unknown errors are transient: retrying costs seconds, a wrong dead letter costs a human. */
export function classify(error: unknown): FailureClass {
  if (POISON.some((poison) => error instanceof poison)) return 'poison';
  if (error instanceof PermanentFailure) return 'permanent';
  if (error instanceof DependencyDown) return 'dependency_down';
  if (error instanceof LeaseHeld) return 'held';
  return 'transient';
}

const OURS = [IdempotencyCollision, DependencyDown, LeaseHeld, KillsItsProcess, CalledOff];

/**
 * An error in words that may leave the process. Another server's text may quote an address or an
 * amount, so of an unknown error only its name and code are kept.
 */
export function inOurWords(error: unknown): { name: string; message: string } {
  if (error instanceof PoisonRecord || error instanceof PermanentFailure)
    return { name: error.code, message: error.message };
  if (OURS.some((ours) => error instanceof ours)) {
    const { name, message } = error as Error;
    return { name, message };
  }
  if (!(error instanceof Error)) return { name: 'UnknownError', message: 'something was thrown' };
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' || typeof code === 'number' ? ` (code ${code})` : '';
  return { name: error.name, message: `unexpected ${error.name}${known}` };
}
