import { pollUntil } from '@effectively-once/timing';
import { SLOT, type ConnectApi } from './connect-api.js';
import { look, type Query, type Sight } from './look.js';
import { patiently, untilRunning } from './register-connector.js';

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
 * A slot that PostgreSQL gave up is dropped before that too: Debezium waits half an hour for it to become
 * sound, deaf to being stopped, and would then make a slot at the same moment as its own successor.
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
  const until = async (what: string, timeoutMs: number, isSo: () => Promise<boolean>) =>
    await pollUntil(isSo, {
      everyMs: POLL_MS,
      timeoutMs,
      timeoutMessage: () => `gave up waiting for ${what}`,
    });
  if ((await connect.status()) === 'missing') {
    throw new Error('there is no connector to repair; the console registers it within seconds');
  }
  const { slot } = await look(query, connect);
  if (typeof slot === 'object' && slot.isLost) {
    onStep('dropping the slot, which PostgreSQL gave up');
    await dropSlot(query);
  }
  onStep('stopping the connector');
  await patiently(() => connect.stop());
  await until('the connector to stop', STOPPED_WITHIN_MS, async () => {
    return isAtRest(await look(query, connect)) && !(await isLoggedIn(query));
  });
  onStep('making Connect forget how far it had come');
  await patiently(() => connect.forgetOffsets());
  onStep(`dropping the slot ${SLOT}`);
  await dropSlot(query);
  onStep('resuming the connector, which publishes every retained row again');
  await patiently(() => connect.resume());
  await untilRunning(connect);
  await until('the retained rows to be published', PUBLISHED_WITHIN_MS, async () => {
    return isPublished(await look(query, connect));
  });
}

async function dropSlot(query: Query): Promise<void> {
  await query(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  );
}

/** A task that did not end in time goes on behind Connect's back until it has. */
async function isLoggedIn(query: Query): Promise<boolean> {
  const others = await query(
    `SELECT pid FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()`,
    [],
  );
  return others.length > 0;
}

const isAtRest = ({ connector, slot }: Sight): boolean =>
  typeof connector === 'object' &&
  connector.connector.state === 'STOPPED' &&
  connector.tasks.length === 0 &&
  (slot === 'missing' || slot?.active === false);

// Connect has kept an offset that comes after the snapshot.
const isPublished = ({ offset, slot }: Sight): boolean =>
  typeof offset === 'object' && !offset.isSnapshot && typeof slot === 'object' && slot.active;
