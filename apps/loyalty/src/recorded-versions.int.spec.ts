import type { DecodedEvent } from '@effectively-once/contracts';
import { everyRecordedVersion } from '@effectively-once/contracts/recordings';
import { paymentCompletedDecoder } from '@effectively-once/delivery';
import { createTestDatabase, type TestDatabase } from '@effectively-once/testing';
import type { DataSource } from 'typeorm';
import { AwardPoints } from './award-points.js';
import { LoyaltyCircuits } from './circuits.js';
import { loyaltyDataSource } from './database/database.js';
import { LoyaltyIdempotency } from './loyalty.idempotency.js';
import { PaymentCompletedConsumer } from './payment-completed.consumer.js';

let testDatabase: TestDatabase;
let database: DataSource;
let circuits: LoyaltyCircuits;
let consumer: PaymentCompletedConsumer;

beforeAll(async () => {
  testDatabase = await createTestDatabase('loyalty');
  database = await loyaltyDataSource({ url: testDatabase.url }).initialize();
  await database.runMigrations();
  circuits = new LoyaltyCircuits({ options: { url: testDatabase.url } as DataSource['options'] });
  const strategy = new LoyaltyIdempotency(database, circuits);
  consumer = new PaymentCompletedConsumer(strategy, new AwardPoints());
});
afterAll(async () => {
  circuits.database.close();
  await database.destroy();
  await testDatabase.drop();
});

it.each(everyRecordedVersion())(
  'the recorded bytes of version $version award their points once',
  async ({ record }) => {
    const deliver = async () =>
      await consumer.onPaymentCompleted(paymentCompletedDecoder.decode(record) as DecodedEvent);
    await expect(deliver()).resolves.toBe('applied');
    await expect(deliver()).resolves.toBe('duplicate');
    const entries = await database.query<object[]>(
      `SELECT user_id, amount_minor, currency, points FROM loyalty.points_entries
        WHERE payment_id = $1`,
      [record.headers['ce_subject']?.toString()],
    );
    expect(entries).toEqual([
      { user_id: 'alice', amount_minor: '1299', currency: 'EUR', points: '12' },
    ]);
  },
);
