import type { OnePaymentFacts } from '@effectively-once/audit';
import { CONSUMERS, type ConsumerName, type DeliveryTrace } from '@effectively-once/contracts';
import type { PaymentStep } from '../../wire/evidence.js';
import { eventRecord, isoOf } from './event-record.js';
import { step } from './step.js';

export type Traces = ReadonlyMap<ConsumerName, DeliveryTrace[]>;

/** What each consumer did with the event: from its own traces, and from its store. */
export function consumerSteps(facts: OnePaymentFacts, traces: Traces): PaymentStep[] {
  return CONSUMERS.flatMap((consumer) => [
    ...traceSteps(consumer, traces.get(consumer) ?? []),
    ...EFFECT_STEPS[consumer](facts),
    ...deadLetterSteps(consumer, facts),
    committedStep(consumer, facts, traces.get(consumer) ?? []),
  ]);
}

function traceSteps(consumer: ConsumerName, traces: DeliveryTrace[]): PaymentStep[] {
  const source = `${consumer} /internal/state`;
  return traces.flatMap((trace, index) => {
    const at = `${trace.topic}, partition ${trace.partition}, offset ${trace.offset}`;
    const delivery = `${consumer}.${index + 1}`;
    return [
      step({
        id: `${delivery}.fetched`,
        track: consumer,
        title: 'fetched',
        at: trace.fetchedAt,
        source,
        detail: at,
      }),
      ...trace.attempts.map((attempt, number) =>
        step({
          id: `${delivery}.attempt.${number + 1}`,
          track: consumer,
          title: `attempt ${number + 1}`,
          at: attempt.startedAt,
          until: attempt.endedAt,
          source,
          outcome: attempt.error === null ? 'ok' : 'failed',
          detail: attempt.nextAttemptAt
            ? `${attempt.error ?? 'failed'}; next attempt at ${attempt.nextAttemptAt}`
            : attempt.error,
        }),
      ),
    ];
  });
}

const EFFECT_STEPS: Record<ConsumerName, (facts: OnePaymentFacts) => PaymentStep[]> = {
  email: emailSteps,
  loyalty: ({ points }) =>
    effects('loyalty', 'points awarded', 'loyalty.points_entries.awarded_at', points?.entries, {
      at: ({ awardedAtMs }) => awardedAtMs,
      detail: (entry) => `${entry.points} points`,
    }),
  search: ({ documents }) =>
    effects('search', 'indexed', 'the document (it holds no time of its own)', documents, {
      at: () => null,
      detail: ({ index, version }) => `index ${index}, version ${version}`,
    }),
};

/** One step for each effect that happened; one that waits if there is none. */
function effects<Effect>(
  consumer: ConsumerName,
  title: string,
  source: string,
  found: Effect[] | undefined,
  of: { at: (effect: Effect) => number | null; detail: (effect: Effect) => string | null },
): PaymentStep[] {
  const base = { track: consumer, title, source };
  if (!found) return [];
  if (found.length === 0) {
    return [step({ ...base, id: `${consumer}.effect.1`, outcome: 'waiting' })];
  }
  return found.map((effect, index) =>
    step({
      ...base,
      id: `${consumer}.effect.${index + 1}`,
      at: isoOf(of.at(effect)),
      detail: of.detail(effect),
    }),
  );
}

const MARKER = 'email:receipt:<payment id> in Redis, 7 days before the end of its time to live';

function emailSteps({ receipts, marker, maybeDuplicates }: OnePaymentFacts): PaymentStep[] {
  const claimed = marker?.state === 'claimed' ? [marker] : [];
  const done = marker?.state === 'done' ? [marker] : [];
  return [
    ...claimed.map(({ writtenAtMs, leaseUntilMs, attempt }) =>
      step({
        id: 'email.claim',
        track: 'email',
        title: 'receipt claimed',
        at: isoOf(writtenAtMs),
        until: isoOf(leaseUntilMs),
        source: MARKER,
        outcome: 'waiting',
        detail: attempt === null ? null : `attempt ${attempt}, until its lease ends`,
      }),
    ),
    ...(maybeDuplicates ?? []).map(({ atMs }, index) =>
      step({
        id: `email.maybe_duplicate.${index + 1}`,
        track: 'email',
        title: 'maybe duplicate declared',
        at: isoOf(atMs),
        source: 'email:maybe-duplicate, id of the entry',
      }),
    ),
    ...effects('email', 'receipt accepted', "the mail provider's journal, mails.at", receipts, {
      at: ({ atMs }) => atMs,
      detail: () => null,
    }),
    ...done.map(({ writtenAtMs }) =>
      step({
        id: 'email.marker',
        track: 'email',
        title: 'deduplication marker',
        at: isoOf(writtenAtMs),
        source: MARKER,
      }),
    ),
  ];
}

function deadLetterSteps(consumer: ConsumerName, { deadLetters }: OnePaymentFacts): PaymentStep[] {
  const letters = deadLetters?.letters.filter((letter) => letter.consumer === consumer) ?? [];
  return letters.map((letter) =>
    step({
      id: `${consumer}.dead_letter.${letter.id}`,
      track: consumer,
      title: 'dead-lettered',
      at: isoOf(letter.deadLetteredAtMs),
      source: 'console.dead_letters.dead_lettered_at',
      outcome: 'failed',
      detail: `${letter.errorName} after ${letter.attempts} attempts; ${letter.state}`,
    }),
  );
}

/** Only the consumer knows when it committed. The offset says whether it has. */
function committedStep(
  consumer: ConsumerName,
  facts: OnePaymentFacts,
  traces: DeliveryTrace[],
): PaymentStep {
  const record = eventRecord(facts);
  const committed = record && facts.offsets?.[consumer].committed.get(record.partition);
  const isCommitted = record && committed !== undefined && committed > record.offset;
  const trace = traces.findLast(
    ({ partition, offset }) =>
      record?.partition === partition && record.offset.toString() === offset,
  );
  return step({
    id: `${consumer}.committed`,
    track: consumer,
    title: 'committed',
    at: trace?.committedAt ?? null,
    source: trace?.committedAt
      ? `${consumer} /internal/state`
      : `committed offset of group ${consumer} (no time is recorded)`,
    outcome: isCommitted ? 'ok' : 'waiting',
    detail:
      committed === undefined || committed < 0n
        ? null
        : `the group is at offset ${committed} of partition ${record?.partition}`,
  });
}
