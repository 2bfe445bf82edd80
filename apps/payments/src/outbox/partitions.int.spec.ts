import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { paymentsDataSource } from '../runtime/database.js';
import { OutboxPartitions, outboxPartitionsOverdue } from './partitions.js';
import { freshDatabase, type FreshDatabase } from '../testing/fresh-database.js';
import { SlotReader } from '../testing/slot-reader.js';

const DAY_MS = 86_400_000;

describe('a day of the outbox that is out of retention', () => {
  let database: FreshDatabase;
  let app: DataSource;
  let reader: SlotReader;
  let days: OutboxPartitions;
  let logged: { level: number; msg: string }[];
  beforeEach(async () => {
    database = await freshDatabase();
    app = await paymentsDataSource({ url: database.as('payments_app') }).initialize();
    reader = new SlotReader(database.admin, database.as('debezium'));
    logged = [];
    const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });
    days = new OutboxPartitions(app, logger, { slot: reader.slot });
    for (const ahead of [-4, -3, -2, -1]) await makeDay(ahead);
    await insertEvent(`now() - interval '9 days'`);
  }, 30_000);
  afterEach(async () => {
    await app.destroy();
    await reader.drop();
    await database.drop();
  });

  const dayOf = (aheadDays: number) =>
    new Date(Date.now() + aheadDays * DAY_MS).toISOString().slice(0, 10);
  const dayName = (aheadDays: number) => `outbox_${dayOf(aheadDays).replaceAll('-', '')}`;
  async function makeDay(ahead: number): Promise<void> {
    await database.admin.query(
      `CREATE TABLE payments.${dayName(ahead)} PARTITION OF payments.outbox
         FOR VALUES FROM ('${dayOf(ahead)} 00:00Z') TO ('${dayOf(ahead + 1)} 00:00Z')`,
    );
    await database.admin.query(`ALTER TABLE payments.${dayName(ahead)} OWNER TO payments_owner`);
  }
  const insertEvent = async (occurredAt: string) =>
    await database.admin.query(
      `INSERT INTO payments.outbox VALUES (gen_random_uuid(), '1.0', 'payment.completed', 'alice',
        'payment.completed', 'x', ${occurredAt}, 's', '00-x', '{}')`,
    );
  const beat = async () =>
    await database.admin.query('INSERT INTO payments.debezium_heartbeat (beat_at) VALUES (now())');
  const kept = async () => {
    const { rows } = await database.admin.query<{ relname: string }>(
      `SELECT relname FROM pg_class WHERE relnamespace = 'payments'::regnamespace
         AND relkind = 'r' AND relname ~ '^outbox_\\d' ORDER BY relname`,
    );
    return rows.map(({ relname }) => relname);
  };
  const inDefault = async () =>
    (await database.admin.query('SELECT FROM payments.outbox_default')).rowCount;

  const isKept = async () => {
    await days.keep();
    expect(await kept()).toEqual([-4, -3, -2, -1, 0, 1, 2, 3].map(dayName));
    expect(await inDefault()).toBe(1);
    expect(await outboxPartitionsOverdue(app)).toBe(2);
  };
  const isDropped = async () => {
    await days.keep();
    expect(await kept()).toEqual([-2, -1, 0, 1, 2, 3].map(dayName));
    expect(await inDefault()).toBe(0);
    expect(await outboxPartitionsOverdue(app)).toBe(0);
  };

  it('is dropped when the connector reads and has confirmed what came after it; two days stay', async () => {
    await reader.create();
    await beat();
    await reader.confirm();
    await reader.start();
    await isDropped();
    expect(logged).toEqual([]);
  });

  // A snapshot of the rows that are kept is what brings a lost slot's events: they are nowhere
  // else.
  it('stays when there is no slot, and the coming days are made all the same', async () => {
    await beat();
    await database.admin.query(`DROP TABLE payments.${dayName(3)}`);
    await isKept();
  });

  it('stays while no connector reads: also while Debezium takes its snapshot, which holds no slot', async () => {
    await reader.create();
    await beat();
    await reader.confirm();
    await isKept();
  });

  // Connected, but the broker is away: the operator may still drop the slot, with all that it has
  // not sent.
  it('stays while the connector reads and confirms nothing', async () => {
    await reader.create();
    await reader.start();
    await beat();
    await isKept();
  });

  it('is reported once when it begins to stay, and once when it goes', async () => {
    await days.keep();
    await days.keep();
    expect(logged).toEqual([
      expect.objectContaining({ level: 40, daysOverdue: 2, msg: expect.stringMatching('kept') }),
    ]);
    await reader.create();
    await beat();
    await reader.confirm();
    await reader.start();
    await days.keep();
    await days.keep();
    expect(logged.slice(1)).toEqual([
      expect.objectContaining({ level: 30, msg: expect.stringMatching('dropped') }),
    ]);
  });
});
