import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { Gauge, register } from 'prom-client';
import { STATES, type DeadLetters } from './dead-letters.js';

/** Gauges that ask the database when they are scraped; without it they are absent, not old. */
export function watchDeadLetters(
  deadLetters: Pick<DeadLetters, 'states' | 'overview'>,
  now: () => number,
): void {
  gauge(
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
  gauge('dead_letters_oldest_age_seconds', help, ['consumer'], async (set) => {
    for (const { consumer, oldest } of await deadLetters.overview())
      set(oldest ? (now() - oldest.getTime()) / 1_000 : 0, { consumer });
  });
}

const LAG = 'dead_letters_intake_lag_records';

/** How much of the dead-letter topics the console has not taken in yet; absent while it cannot know. */
export function intakeLag(): {
  set: (consumer: ConsumerName, records: number) => void;
  forget: () => void;
} {
  register.removeSingleMetric(LAG);
  const lag = new Gauge({
    name: LAG,
    help: 'Records of the dead-letter topic that are not in the table of dead letters yet',
    labelNames: ['consumer'] as const,
  });
  return {
    set: (consumer, records) => lag.set({ consumer }, records),
    forget: () => lag.reset(),
  };
}

type SetGauge = (value: number, labels: Record<string, string>) => void;

function gauge(
  name: string,
  help: string,
  labelNames: string[],
  read: (set: SetGauge) => Promise<void>,
): void {
  // A process that makes the service again (a test) would be told that the name is taken.
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help,
    labelNames,
    async collect() {
      this.reset();
      // Without the database these are absent; the scrape, and every other metric, is not.
      await read((value, labels) => this.set(labels, value)).catch(() => this.reset());
    },
  });
}
