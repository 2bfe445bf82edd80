import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { freshGauge, scrapedGauge } from '@effectively-once/platform';
import { STATES, type DeadLetters } from './dead-letters.js';

/** Gauges that ask the database when they are scraped; without it they are absent, not old. */
export function watchDeadLetters(
  deadLetters: Pick<DeadLetters, 'states' | 'oldestPending'>,
  now: () => number,
): void {
  scrapedGauge(
    'dead_letters',
    'Dead letters by what became of them',
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
}

/** How much of the dead-letter topics the console has not taken in yet; absent while it cannot know. */
export function intakeLag(): {
  set: (consumer: ConsumerName, records: number) => void;
  forget: () => void;
} {
  const help = 'Records of the dead-letter topic that are not in the table of dead letters yet';
  const lag = freshGauge('dead_letters_intake_lag_records', help, ['consumer']);
  return {
    set: (consumer, records) => lag.set({ consumer }, records),
    forget: () => lag.reset(),
  };
}
