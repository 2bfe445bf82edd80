import { CONSUMERS } from '@effectively-once/contracts';
import type { FailureWindow, PaymentStep } from '../../wire/evidence.js';

/** `from` and `until` are the beginnings of step ids. */
const WINDOWS: readonly (Omit<FailureWindow, 'until'> & { until: string })[] = [
  {
    track: 'psp',
    title: 'claimed, not charged',
    from: 'claim',
    until: 'psp',
    meaning:
      'A crash here leaves the payment PENDING. The completer sends the same request with the same ' +
      'key to the PSP, which charges once.',
  },
  {
    track: 'payments',
    title: 'charged, not finalized',
    from: 'psp',
    until: 'finalize',
    meaning:
      'A crash here leaves a charge without a completed payment. The completer repeats the ' +
      'request, the PSP returns the first charge, and the payment is finalized.',
  },
  {
    track: 'pipeline',
    title: 'finalized, not published',
    from: 'finalize',
    until: 'published',
    meaning:
      'A stop of the connector or of Kafka here makes the effects late. The event waits in the ' +
      'outbox and in the log that the slot retains.',
  },
  {
    track: 'email',
    title: 'mailed, no marker yet',
    from: 'email.effect',
    until: 'email.marker',
    meaning:
      'The only duplicate window: a crash here mails the receipt again, after writing ' +
      'maybe_duplicate evidence.',
  },
  ...CONSUMERS.map((consumer) => ({
    track: consumer,
    title: 'effect done, not committed',
    from: consumer === 'email' ? 'email.marker' : `${consumer}.effect`,
    until: `${consumer}.committed`,
    meaning:
      'A crash here redelivers the record. The consumer recognises the effect and repeats nothing.',
  })),
];

/**
 * The times in which a crash would have made a difference, from docs/guarantees.md. A window begins
 * at a recorded time. Its end is null while the step that ends it has no recorded time. It is left
 * out if that step has happened and its time is unknown, or is before the beginning: the clocks of
 * two stores differ.
 */
export function failureWindows(steps: readonly PaymentStep[]): FailureWindow[] {
  const first = (prefix: string) =>
    steps.find(({ id }) => id === prefix || id.startsWith(`${prefix}.`));
  return WINDOWS.flatMap((window): FailureWindow[] => {
    const [begin, end] = [first(window.from), first(window.until)];
    if (!begin?.at || begin.outcome === 'waiting') return [];
    const isOpen = !end || end.outcome === 'waiting';
    if (isOpen) return [{ ...window, from: begin.at, until: null }];
    return end.at && end.at >= begin.at ? [{ ...window, from: begin.at, until: end.at }] : [];
  });
}
