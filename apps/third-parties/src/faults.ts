import { z } from 'zod';

/** Every fault, with the options that it takes. Each also takes `seconds`. */
const KINDS = {
  psp: {
    decline: ['times'],
    error_500: ['times'],
    hang: ['times'],
    charge_then_hang: ['times'],
    refuse: [],
    late_webhook: ['times', 'delayMs'],
    double_webhook: ['times'],
    refund_pending: ['times', 'delayMs'],
    refund_fails: ['times'],
    refund_fails_later: ['times', 'delayMs'],
    dispute: ['times'],
  },
  smtp: {
    '421': ['times', 'code'],
    '451': ['times', 'address', 'code'],
    '550': ['times', 'address', 'code'],
    hang_after_data: ['times', 'address'],
    refuse: [],
    slow: ['times', 'address', 'delayMs'],
  },
  pager: { error_500: ['times'] },
} as const satisfies Record<string, Record<string, readonly FaultOption[]>>;

type FaultOption = 'times' | 'address' | 'delayMs' | 'code';
export type Target = keyof typeof KINDS;
export type Kind<T extends Target = Target> = T extends Target ? keyof (typeof KINDS)[T] : never;

const DELAY_DEFAULT_MS = 5_000;
const DELAY_MAX_MS = 600_000;
const TIMES_MAX = 1_000_000;
const SECONDS_MAX = 86_400;
// RFC 5321 §4.2: a reply code. RFC 2034: an enhanced status code may follow it, of the same class.
const SMTP_CODE = /^(?:421|4[0-5]\d(?: 4\.\d{1,3}\.\d{1,3})?|5[0-5]\d(?: 5\.\d{1,3}\.\d{1,3})?)$/;

export const VALID_KINDS: Record<Target, string[]> = {
  psp: Object.keys(KINDS.psp),
  smtp: Object.keys(KINDS.smtp),
  pager: Object.keys(KINDS.pager),
};

const target = z.enum(['psp', 'smtp', 'pager']);
export const faultQuery = z.strictObject({ target: target.optional() });

/** The body of `POST /_faults`. */
export const faultBody = z
  .strictObject({
    target,
    // SMTP's kinds are reply codes. A client may write them as JSON numbers.
    kind: z.union([z.string(), z.int().transform(String)]),
    /** Limits the fault to mail to this address. */
    address: z.email().optional(),
    delayMs: z.int().min(0).max(DELAY_MAX_MS).optional(),
    /** The number of uses; absent = until deleted. */
    times: z.int().min(1).max(TIMES_MAX).optional(),
    /** Deletes the fault after this time; absent = until deleted. */
    seconds: z.number().positive().max(SECONDS_MAX).optional(),
    /** What the mail server replies instead of the kind's own reply: `554 5.7.1`. */
    code: z
      .union([z.string(), z.int().transform(String)])
      .refine((code) => SMTP_CODE.test(code), 'must be a reply code, as 451 or 550 5.1.1')
      .optional(),
  })
  .superRefine((body, context) => {
    const kinds: Record<string, readonly FaultOption[]> = KINDS[body.target];
    const options = kinds[body.kind];
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (!Object.hasOwn(kinds, body.kind) || !options) {
      fault('kind', `must be one of ${VALID_KINDS[body.target].join(', ')}`);
      return;
    }
    for (const option of ['times', 'address', 'delayMs', 'code'] as const) {
      if (body[option] !== undefined && !options.includes(option)) {
        fault(
          option,
          option === 'times'
            ? 'a closed port cannot count its uses'
            : 'does not apply to this kind',
        );
      }
    }
    if (body.kind === '550' && body.address === undefined && body.code === undefined) {
      fault('address', 'or code is needed for 550');
    }
  })
  .transform(({ delayMs, ...body }) => {
    const options: readonly FaultOption[] = KINDS[body.target][body.kind as never];
    return {
      ...body,
      kind: body.kind as Kind,
      ...(options.includes('delayMs') ? { delayMs: delayMs ?? DELAY_DEFAULT_MS } : {}),
    };
  });

export type Fault = z.infer<typeof faultBody>;

/** The injected faults. They live in memory on purpose: a restart clears them all. */
export class FaultSwitches {
  private active: ActiveFault[] = [];
  private lastId = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** Replaces the same fault (target, kind, address). So a repeated call restarts its count. */
  set(fault: Fault): void {
    this.active = this.active.filter((other) => !isSame(other.fault, fault));
    this.active.push({
      id: `${fault.target}.${fault.kind}.${++this.lastId}`,
      fault,
      usesLeft: fault.times ?? Infinity,
      endsAtMs: this.nowMs() + (fault.seconds ?? Infinity) * 1000,
    });
  }

  /** The fault of this id; does nothing if it has ended. */
  remove(id: string): void {
    this.active = this.active.filter((other) => other.id !== id);
  }

  clear(only?: Target): void {
    this.active = only ? this.active.filter(({ fault }) => fault.target !== only) : [];
  }

  list(): readonly (Fault & { id: string; usesLeft?: number; secondsLeft?: number })[] {
    return this.unexpired().map(({ id, fault, usesLeft, endsAtMs }) => ({
      id,
      ...fault,
      ...(fault.times ? { usesLeft } : {}),
      ...(fault.seconds ? { secondsLeft: Math.ceil((endsAtMs - this.nowMs()) / 1000) } : {}),
    }));
  }

  isOn<T extends Target>(target: T, kind: Kind<T>): boolean {
    return this.unexpired().some(({ fault }) => fault.target === target && fault.kind === kind);
  }

  /** Uses the fault once, if it is on. `addresses`: the recipients of a mail. */
  take<T extends Target>(target: T, kind: Kind<T>, addresses: string[] = []): Fault | undefined {
    const hits = (address?: string) =>
      address === undefined || addresses.some((other) => isSameAddress(address, other));
    const taken = this.unexpired().find(
      ({ fault }) => fault.target === target && fault.kind === kind && hits(fault.address),
    );
    if (taken && --taken.usesLeft === 0) {
      this.active = this.active.filter((other) => other !== taken);
    }
    return taken?.fault;
  }

  private unexpired(): ActiveFault[] {
    this.active = this.active.filter(({ endsAtMs }) => endsAtMs > this.nowMs());
    return this.active;
  }
}

interface ActiveFault {
  id: string;
  fault: Fault;
  usesLeft: number;
  endsAtMs: number;
}

function isSame(a: Fault, b: Fault): boolean {
  return a.target === b.target && a.kind === b.kind && a.address === b.address;
}

export function isSameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
