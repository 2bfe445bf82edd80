import { setTimeout as sleep } from 'node:timers/promises';
import { SLOT, type ConnectApi } from '@effectively-once/console/connector-care/connect-api';
import { look, type Query, type Sight } from '@effectively-once/console/connector-care/look';
import {
  patiently,
  untilRunning,
} from '@effectively-once/console/connector-care/register-connector';

const STOPPED_WITHIN_MS = 60_000;
/** Two days of rows, at some ten thousand a second. */
const PUBLISHED_WITHIN_MS = 60 * 60_000;
const POLL_MS = 500;

/**
 * Has the connector publish every retained outbox row again, through a slot it makes itself. Whatever it
 * missed is among them, and what it had published is absorbed by the consumers. Payments go on meanwhile.
 *
 *   stop ──► forget Connect's offsets ──► drop the slot ──► resume ──► until all is published
 *
 * The slot goes too, although it may be sound: only a slot that Debezium makes together with its snapshot
 * joins the rows to the log without a gap. Safe to repeat, and to interrupt and repeat.
 *
 * @throws Error when there is no connector, or it does not get that far.
 */
export async function repairConnector(options: {
  connect: ConnectApi;
  /** As role debezium, who may drop the slot. */
  query: Query;
  onStep: (step: string) => void;
}): Promise<void> {
  const { connect, query, onStep } = options;
  const until = async (what: string, withinMs: number, isSo: (sight: Sight) => boolean) => {
    const giveUpAtMs = performance.now() + withinMs;
    while (!isSo(await look(query, connect))) {
      if (performance.now() > giveUpAtMs) throw new Error(`gave up waiting for ${what}`);
      await sleep(POLL_MS);
    }
  };
  if ((await connect.status()) === 'missing') {
    throw new Error('there is no connector to repair; the console registers it within seconds');
  }
  onStep('stopping the connector');
  await patiently(() => connect.stop());
  await until('the connector to stop', STOPPED_WITHIN_MS, isAtRest);
  onStep('making Connect forget how far it had come');
  await patiently(() => connect.forgetOffsets());
  onStep(`dropping the slot ${SLOT}`);
  await query(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  );
  onStep('resuming the connector, which publishes every retained row again');
  await patiently(() => connect.resume());
  await untilRunning(connect);
  await until('the retained rows to be published', PUBLISHED_WITHIN_MS, isPublished);
}

const isAtRest = ({ connector, slot }: Sight): boolean =>
  typeof connector === 'object' &&
  connector.connector.state === 'STOPPED' &&
  connector.tasks.length === 0 &&
  (slot === 'missing' || slot?.active === false);

// Connect has kept an offset that comes after the snapshot.
const isPublished = ({ offset, slot }: Sight): boolean =>
  typeof offset === 'object' && !offset.isSnapshot && typeof slot === 'object' && slot.active;
