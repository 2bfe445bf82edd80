import { setTimeout as sleep } from 'node:timers/promises';
import {
  CE_HEADERS,
  deadLetterTopic,
  DLQ_HEADERS,
  PAYMENT_COMPLETED,
} from '@effectively-once/contracts';
import { withProducer } from '../../delivery/produce.js';
import { withApp } from '../../processes/start-app.js';
import { generatedPayments } from '../fill/generated-payments.js';
import type { GrowthAxis, GrowthPart, GrowthRow } from '../growth.js';
import { askConsole, consoleCaller, readConsole, type ConsoleCaller } from './ask-console.js';
import { kafkaBrokers } from '../../../stack/addresses.js';

const SIZES = [100, 10_000, 100_000];
const CONSUMER = 'loyalty';
const FIRST = 3_000_000_000;
const USERS = 1_000;
const POLL_MS = 100;
const TAKEN_WITHIN_MS = 600_000;
const ERRORS = ['MailboxUnknown', 'CollisionDetected', 'ValueTooLarge'];

/** The console takes in more and more dead letters, lists them, and plans a redrive. */
export async function deadLetterGrowth(part: GrowthPart): Promise<GrowthAxis> {
  const { environment, folder } = part.started;
  const options = { environment, logFolder: folder.logs, signal: part.signal };
  const rows: GrowthRow[] = [];
  const faults: string[] = [];
  let from = 0;
  for (const size of SIZES.map(part.scaled)) {
    part.print(`${size} dead letters …`);
    await publishDeadLetters(part, { from, count: size - from });
    const measured = await withApp('console', options, async ({ url }) => {
      const caller = await consoleCaller(environment, url);
      const perSecond = await takenIn(caller, { from, size }, part.signal);
      const list = `/api/dlq/${CONSUMER}?state=pending&limit=100`;
      return {
        'taken in/s': perSecond,
        'overview ms': await askConsole(caller, '/api/dlq'),
        'causes ms': await askConsole(caller, '/api/dlq/causes'),
        'first page ms': await askConsole(caller, list),
        'middle page ms': await askConsole(caller, `${list}&cursor=${Math.ceil(size / 2)}`),
        'one cause ms': await askConsole(caller, `${list}&errorName=${ERRORS[1]}`),
        'dry run ms': await askConsole(caller, `/api/dlq/${CONSUMER}/redrive`, {
          filter: { errorName: ERRORS[1] },
          max: 10_000,
          dryRun: true,
        }),
      };
    });
    from = size;
    rows.push({ size, figures: measured });
  }
  return { name: 'dead-letters', of: 'dead letters', rows, faults };
}

/** Publishes dead letters of loyalty, as the lane transport does. */
async function publishDeadLetters(
  { started, signal }: GrowthPart,
  { from, count }: { from: number; count: number },
): Promise<void> {
  const series = { from: FIRST + from, count, users: USERS, completedAtMs: Date.now() };
  await withProducer(kafkaBrokers(started.environment), async (producer) => {
    for (const group of generatedPayments(series)) {
      signal.throwIfAborted();
      const records = group.map(({ n, userId, payload, eventId, paymentId, completedAt }) => ({
        key: Buffer.from(userId),
        value: Buffer.from(payload),
        headers: {
          [CE_HEADERS.id]: eventId,
          [CE_HEADERS.subject]: paymentId,
          [CE_HEADERS.time]: completedAt,
          [DLQ_HEADERS.originalTopic]: PAYMENT_COMPLETED,
          [DLQ_HEADERS.originalPartition]: '0',
          [DLQ_HEADERS.originalOffset]: String(n),
          [DLQ_HEADERS.originalTimestamp]: completedAt,
          [DLQ_HEADERS.consumer]: CONSUMER,
          [DLQ_HEADERS.errorClass]: 'permanent',
          [DLQ_HEADERS.errorName]: ERRORS[n % ERRORS.length]!,
          [DLQ_HEADERS.errorMessage]: 'generated',
          [DLQ_HEADERS.attempts]: '1',
          [DLQ_HEADERS.firstFailedAt]: completedAt,
          [DLQ_HEADERS.deadLetteredAt]: completedAt,
          [DLQ_HEADERS.redriveCount]: '0',
          [DLQ_HEADERS.appVersion]: 'bench',
        },
      }));
      await producer.sendAll(deadLetterTopic(CONSUMER), records);
    }
  });
}

/** @returns how many the console takes in per second, once it has all of them. */
async function takenIn(
  caller: ConsoleCaller,
  { from, size }: { from: number; size: number },
  signal: AbortSignal,
): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    const { consumers } = (await readConsole(caller, '/api/dlq')) as Overview;
    const depth = consumers.find(({ consumer }) => consumer === CONSUMER)?.depth ?? 0;
    const tookMs = performance.now() - startedAtMs;
    if (depth >= size) return ((size - from) * 1_000) / tookMs;
    if (tookMs > TAKEN_WITHIN_MS)
      throw new Error(`the console has taken in ${depth} of ${size} dead letters`);
    await sleep(POLL_MS, undefined, { signal });
  }
}

interface Overview {
  consumers: { consumer: string; depth: number }[];
}
