import 'reflect-metadata';
import {
  KeepErrorIdentity,
  LANES,
  type Applied,
  type LaneExtras,
} from '@effectively-once/delivery';
import { Controller, UseFilters } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { Pool } from 'pg';
import { measuredTransport } from '../../bench/delivery/transport.js';
import { endWithParent, OneByOne, SESSION_TIMEOUT_MS } from '../process/one-by-one.js';
import type { KillPoint, LabPayment, SemanticsSettings } from './strategies.js';

/*
 * The consumer of the lab. Its effect is a row in the ledger, which has no unique key, so a doubled
 * effect is two rows. At a planned payment it waits in the failure window until it is killed.
 */

const settings = JSON.parse(process.argv[2] ?? '') as SemanticsSettings;
const { strategy, topic } = settings;
const pool = new Pool({ connectionString: settings.databaseUrl, max: 8 });
const EFFECT_TIMEOUT_MS = 1_000;
const decoded = (value: Buffer | null) => JSON.parse(String(value)) as LabPayment;

/** Does nothing, unless this process must die here. */
async function failureWindow(n: number, point: KillPoint): Promise<void> {
  const planned = settings.killAt.find((one) => one.n === n);
  if (!planned) return;
  // Only the inbox has a point inside its transaction. The others have one window.
  const hasTwo = strategy === 'effect first, inbox' || strategy === 'lanes, inbox';
  if (hasTwo && planned.point !== point) return;
  process.send?.({ kind: 'in the window', n });
  await new Promise(() => undefined);
}

async function effect({ n }: LabPayment): Promise<void> {
  await pool.query('INSERT INTO lab_semantics.ledger (strategy, n) VALUES ($1, $2)', [strategy, n]);
}

/** The inbox row and the effect in one transaction. */
async function effectWithInbox({ n }: LabPayment): Promise<Applied> {
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
    return rowCount ? 'applied' : 'duplicate';
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
    case 'lanes, inbox':
      throw new Error('the lane transport commits');
    default:
      strategy satisfies never;
  }
}

const extras: LaneExtras = {
  decode: ({ value, timestampMs }) => {
    const payment = decoded(value);
    return { ...payment, id: String(payment.n), time: new Date(timestampMs).toISOString() };
  },
};

@Controller()
@UseFilters(KeepErrorIdentity)
class BehindLanesWithInbox {
  @EventPattern<string>(topic, LANES, extras)
  async handle(@Payload() payment: LabPayment): Promise<Applied> {
    const outcome = await effectWithInbox(payment);
    await failureWindow(payment.n, 'between effect and commit');
    return outcome;
  }
}

class WithoutParts {}

/** @returns how to leave the group. */
async function joinWithLanes(): Promise<() => Promise<void>> {
  const { brokers } = settings;
  const asked = {
    transport: 'lanes',
    consumer: 'search',
    brokers,
    topic,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
  } as const;
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(
    { module: WithoutParts, controllers: [BehindLanesWithInbox] },
    { ...measuredTransport(asked, EFFECT_TIMEOUT_MS), logger: false },
  );
  await app.listen();
  return () => app.close();
}

async function joinOneByOne(): Promise<() => Promise<void>> {
  const { brokers, groupId } = settings;
  const consumer = new OneByOne({
    brokers,
    groupId,
    memberName: groupId,
    topics: [topic],
    inTurn: 'all',
    handle: ({ value }, commit) => handle(decoded(value), commit),
  });
  await consumer.start();
  return () => consumer.leave();
}

endWithParent(await (strategy === 'lanes, inbox' ? joinWithLanes() : joinOneByOne()));
