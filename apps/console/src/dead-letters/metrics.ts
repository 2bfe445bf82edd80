import { CONSUMERS, RETENTION, type ConsumerName } from '@effectively-once/contracts';
import { freshGauge, scrapedGauge } from '@effectively-once/platform';
import type { DeadLetters } from './dead-letters.js';
import { STATES } from './requests.js';

/**
 * Gauges that query the database at each scrape. Without the database they are absent, and not old.
 */
export function watchDeadLetters(
  deadLetters: Pick<DeadLetters, 'states' | 'oldestPending' | 'cutRedrivableUntil' | 'madeAnewAt'>,
  now: () => number,
): void {
  scrapedGauge(
    'dead_letters',
    'Dead letters by consumer and state',
    ['consumer', 'state'],
    async (set) => {
      const counts = await deadLetters.states();
      for (const consumer of CONSUMERS)
        for (const state of STATES) set(counts[consumer][state], { consumer, state });
    },
  );
  const help = 'Age of the oldest pending dead letter; 0 when there is none';
  scrapedGauge('dead_letters_oldest_age_seconds', help, ['consumer'], async (set) => {
    const oldest = await deadLetters.oldestPending();
    for (const consumer of CONSUMERS) {
      const since = oldest.get(consumer);
      set(since ? (now() - since.getTime()) / 1_000 : 0, { consumer });
    }
  });
  const cut =
    'How long all pending cut dead letters can still be redriven; the retention when there is none';
  scrapedGauge('dead_letters_cut_redrivable_seconds', cut, ['consumer'], async (set) => {
    const found = await deadLetters.cutRedrivableUntil();
    for (const consumer of CONSUMERS) {
      const until = found.get(consumer)?.getTime() ?? now() + RETENTION.topicMs;
      set((until - now()) / 1_000, { consumer });
    }
  });
  const anew = 'When the dead-letter topic was last found to be made anew; 0 for never';
  scrapedGauge('dead_letters_made_anew_timestamp_seconds', anew, ['consumer'], async (set) => {
    const found = await deadLetters.madeAnewAt();
    for (const consumer of CONSUMERS) {
      set((found.get(consumer)?.getTime() ?? 0) / 1_000, { consumer });
    }
  });
}

/** The number of records that the console has not ingested; absent while Kafka cannot be read. */
export function ingestLag(): {
  set: (consumer: ConsumerName, records: number) => void;
  forget: () => void;
} {
  const help = 'Records of the dead-letter topic that the console has not ingested yet';
  const lag = freshGauge('dead_letters_intake_lag_records', help, ['consumer']);
  return {
    set: (consumer, records) => lag.set({ consumer }, records),
    forget: () => lag.reset(),
  };
}
