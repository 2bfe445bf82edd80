import { PoisonRecord, type ErrorClass } from '@effectively-once/contracts';

/**
 * What a refusal is about. `unknown`: the server may refuse this record or every record; the
 * circuit breaker finds out whether it works for others.
 */
export type Blames = 'record' | 'unknown';

interface RefusalOptions extends ErrorOptions {
  blames?: Blames;
}

/** A retry cannot help this record, and the effect knows it: the mailbox does not exist. */
export class PermanentFailure extends Error {
  override readonly name: string = 'PermanentFailure';
  readonly blames: Blames;
  /** @param message our own words, because it is written into the dead letter. */
  constructor(
    readonly code: string,
    message: string,
    { blames = 'record', ...options }: RefusalOptions = {},
  ) {
    super(message, options);
    this.blames = blames;
  }
}

/** The server answered, and may accept the same request later: a counted retry with backoff. */
export class RefusedForNow extends Error {
  override readonly name: string = 'RefusedForNow';
  readonly code: string;
  readonly blames: Blames;
  /** @param reply the server's status or reply code. */
  constructor(
    readonly dependency: string,
    reply: number,
    { blames = 'unknown', ...options }: RefusalOptions = {},
  ) {
    super(`${dependency} refused for now`, options);
    this.code = String(reply);
    this.blames = blames;
  }
}

/** The server behind the effect fails for every record, so the failure is not counted. */
export class DependencyDown extends Error {
  override readonly name: string = 'DependencyDown';
  constructor(
    readonly dependency: string,
    options?: ErrorOptions,
  ) {
    super(`${dependency} is down`, options);
  }
}

/** Another delivery of this event holds its lease: it is running, or its process died. */
export class LeaseHeld extends Error {
  override readonly name: string = 'LeaseHeld';
  constructor(readonly retryAfterMs: number) {
    super('another delivery of this event holds its lease');
  }
}

/** The same payment id with another user, amount or currency. It is not a duplicate. */
export class IdempotencyCollision extends Error {
  override readonly name: string = 'IdempotencyCollision';
  constructor(readonly fields: string[]) {
    super(`this payment was applied before with another ${fields.join(', ')}`);
  }
}

/** The partition was closed before the attempt ran. It is no failure; the record is redelivered. */
export class Cancelled extends Error {
  override readonly name: string = 'Cancelled';
  constructor() {
    super('the partition was closed');
  }
}

/** A poison pill: several processes died while they ran only this record. */
export class KillsItsProcess extends Error {
  override readonly name: string = 'KillsItsProcess';
  constructor(readonly deaths: number) {
    super(`${deaths} processes died while this record alone ran`);
  }
}

export type FailureClass = ErrorClass | 'dependency_down' | 'lease_held';

const POISON = [PoisonRecord, IdempotencyCollision, KillsItsProcess];

/** Whether the failure is surely about its record. An error of another kind may be the server's. */
export function blames(error: unknown): Blames {
  if (error instanceof PermanentFailure || error instanceof RefusedForNow) return error.blames;
  return 'unknown';
}

/** Unknown errors are transient: a retry costs seconds, a wrong dead letter costs an operator. */
export function classify(error: unknown): FailureClass {
  if (POISON.some((poison) => error instanceof poison)) return 'poison';
  if (error instanceof PermanentFailure) return 'permanent';
  if (error instanceof DependencyDown) return 'dependency_down';
  if (error instanceof LeaseHeld) return 'lease_held';
  return 'transient';
}

const OURS = [IdempotencyCollision, DependencyDown, LeaseHeld, KillsItsProcess, Cancelled];

/**
 * An error as it may leave the process. The text of a foreign error can contain an address or an
 * amount, so of such an error only the name and the code are kept.
 */
export function redactedError(error: unknown): { name: string; message: string } {
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
