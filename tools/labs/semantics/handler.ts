import { Pool } from 'pg';
import { endWithParent, OneByOne } from '../process/one-by-one.js';
import type { KillPoint, LabPayment, SemanticsSettings } from './strategies.js';

/*
 * The consumer of the lab. Its effect is a row in the ledger, which has no unique key, so a doubled
 * effect is two rows. At a planned payment it waits in the failure window until it is killed.
 */

const settings = JSON.parse(process.argv[2] ?? '') as SemanticsSettings;
const { strategy, topic } = settings;
const pool = new Pool({ connectionString: settings.databaseUrl, max: 8 });

/** Does nothing, unless this process must die here. */
async function failureWindow(n: number, point: KillPoint): Promise<void> {
  const planned = settings.killAt.find((one) => one.n === n);
  if (!planned) return;
  // Only the inbox has a point inside its transaction. The others have one window.
  if (strategy === 'effect first, inbox' && planned.point !== point) return;
  process.send?.({ kind: 'in the window', n });
  await new Promise(() => undefined);
}

async function effect({ n }: LabPayment): Promise<void> {
  await pool.query('INSERT INTO lab_semantics.ledger (strategy, n) VALUES ($1, $2)', [strategy, n]);
}

/** The inbox row and the effect in one transaction. */
async function effectWithInbox({ n }: LabPayment): Promise<void> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query('BEGIN');
    const { rowCount } = await client.query(
      'INSERT INTO lab_semantics.inbox (strategy, n) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [strategy, n],
    );
    await failureWindow(n, 'inside');
    if (rowCount) {
      await client.query('INSERT INTO lab_semantics.ledger (strategy, n) VALUES ($1, $2)', [
        strategy,
        n,
      ]);
    } else {
      await client.query('INSERT INTO lab_semantics.absorbed (strategy, n) VALUES ($1, $2)', [
        strategy,
        n,
      ]);
    }
    await client.query('COMMIT');
    isBroken = false;
  } finally {
    // A connection with a failed transaction is not used again.
    client.release(isBroken);
  }
}

async function handle(payment: LabPayment, commit: () => Promise<void>): Promise<void> {
  switch (strategy) {
    case 'commit first':
      await commit();
      await failureWindow(payment.n, 'between effect and commit');
      return await effect(payment);
    case 'effect first':
      await effect(payment);
      await failureWindow(payment.n, 'between effect and commit');
      return await commit();
    case 'effect first, inbox':
      await effectWithInbox(payment);
      await failureWindow(payment.n, 'between effect and commit');
      return await commit();
    default:
      strategy satisfies never;
  }
}

const { brokers, groupId } = settings;
const consumer = new OneByOne({
  brokers,
  groupId,
  memberName: groupId,
  topics: [topic],
  inTurn: 'all',
  handle: ({ value }, commit) => handle(JSON.parse(String(value)) as LabPayment, commit),
});
await consumer.start();
endWithParent(() => consumer.leave());
