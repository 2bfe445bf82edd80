import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { jest } from '@jest/globals';
import { damaged, sql, violations } from './damage.js';
import { checkout, findings, newId } from './system-under-test.js';

// Every test audits twice.
jest.setTimeout(120_000);

/** The payment whose dead letters are damaged. */
let victim: string;

beforeAll(async () => {
  victim = (await checkout({ userId: newId('audited') })).json['id'] as string;
  await expect(findings()).resolves.toEqual([]);
});

afterEach(async () => {
  // Damage left unrepaired would be a violation in the next story.
  await expect(violations().then((found) => Object.values(found).flat())).resolves.toEqual([]);
});

describe('I10', () => {
  const WHERE = `consumer = 'loyalty' AND original_offset = 999999`;
  const pretend = (state: string) => async () => {
    await sql(
      'console',
      `WITH action AS (
         INSERT INTO console.dead_letter_actions (kind, consumer, operator, filter, finished_at)
         VALUES ('redrive', 'loyalty', 'olga', '{}', now()) RETURNING id)
       INSERT INTO console.dead_letters (consumer, original_topic, original_partition,
         original_offset, redrive_count, dlq_partition, dlq_offset, content_sha256, payment_id,
         error_name, error_message, attempts, dead_lettered_at, state, action_id)
       SELECT 'loyalty', 'payment.completed', 0, 999999, 0, 0, 999999, '', $1, 'Made', 'up', 0,
         now(), $2, id FROM action`,
      [victim, state],
    );
  };
  const forget = async () => {
    const [row] = await sql<{ action_id: string }>(
      'console',
      `DELETE FROM console.dead_letters WHERE ${WHERE} RETURNING action_id`,
    );
    await sql('console', 'DELETE FROM console.dead_letter_actions WHERE id = $1', [row?.action_id]);
  };
  const letter = {
    consumer: 'loyalty' as const,
    topic: PAYMENT_COMPLETED,
    partition: 0,
    offset: 999999n,
    redriveCount: 0,
  };

  it('names a dead letter in the table that is in no topic', async () => {
    const found = await damaged(pretend('pending'), forget);
    expect(found['I10']).toEqual([
      {
        id: victim,
        kind: 'lost',
        why: expect.stringMatching(/\(pending\), and not in the dead letter topic/),
      },
    ]);
  });

  it('names a dead letter that is called redriven and was not sent', async () => {
    const found = await damaged(pretend('redriven'), forget);
    expect(found['I10']).toEqual(
      expect.arrayContaining([
        {
          id: victim,
          kind: 'lost',
          why: expect.stringMatching(/called redriven, but is not in the redrive topic/),
        },
      ]),
    );
  });

  it('and I6 name a payment whose dead letter is called redriven and that has no points', async () => {
    // In reality the redrive record would have to age out first. So the auditor reads a tampered
    // store: a dead letter that has none.
    const found = await damaged(pretend('redriven'), forget, (stores) => ({
      points: (take) =>
        stores.points((fact) => {
          const isVictims = fact.kind === 'points_entry' && fact.paymentId === victim;
          return isVictims ? undefined : take(fact);
        }),
      deadLetters: async (consumer, take) => {
        await stores.deadLetters(consumer, take);
        if (consumer !== 'loyalty') return;
        const identity = { original: `${PAYMENT_COMPLETED}/0-999999`, redriveCount: 0 };
        await take({ kind: 'dead_letter', consumer, paymentId: victim, ...identity });
      },
    }));
    expect(found['I6']).toEqual([
      {
        id: victim,
        kind: 'lost',
        why: expect.stringMatching(/no points entry, though loyalty has completed/),
      },
    ]);
  });

  it('names a dead letter that the console skipped, and a redrive without a dead letter', async () => {
    // A record cannot be removed from a topic. So the auditor reads records that the topic does not
    // have.
    const at = { partition: 0, offset: -1n, paymentId: victim, letter };
    const found = await violations((stores) => ({
      deadLetters: async (consumer, take) => {
        await stores.deadLetters(consumer, take);
        if (consumer !== 'loyalty') return;
        await take({ kind: 'dlq_record', ...at, isClaimed: true });
      },
      redrives: async (consumer, take) => {
        await stores.redrives(consumer, take);
        if (consumer === 'loyalty') await take({ kind: 'redrive_record', ...at });
      },
    }));
    expect(found['I10']).toEqual([
      {
        id: victim,
        kind: 'lost',
        why: expect.stringMatching(/is not in the console's table, although/),
      },
      {
        id: victim,
        kind: 'other',
        why: expect.stringMatching(/of the redrive topic, but is not in the table/),
      },
    ]);
  });
});

it('I12 names the slot and the consumers that exceed their bounds', async () => {
  // A real lag of a gigabyte takes an hour. So the auditor reads tampered figures.
  const found = await violations((stores) => ({
    slotLag: async () => Number(await stores.slotLag()) + 2 * 1024 ** 3,
    consumerState: async (consumer) => {
      const { parkedKeys = NaN, inFlightRecords = new Map<string, number>() } =
        (await stores.consumerState(consumer)) ?? {};
      return { parkedKeys: parkedKeys + 1_000_000, inFlightRecords };
    },
  }));
  expect(found['I12']?.map(({ id }) => id)).toEqual([
    'payments_outbox',
    'email',
    'loyalty',
    'search',
  ]);
});
