import { pollUntil } from '@effectively-once/timing';
import { SLOT, type ConnectApi } from './connect-api.js';
import { observe, type Query, type Observation } from './observe.js';
import { retryUntilReady, untilRunning } from './register-connector.js';

const STOPPED_WITHIN_MS = 60_000;
/** Time for two days of rows, at about ten thousand rows a second. */
const PUBLISHED_WITHIN_MS = 60 * 60_000;
const POLL_MS = 500;

/**
 * Makes the connector publish every retained outbox row again, through a new slot. They include
 * every missed event, and the consumers deduplicate the others. Checkout continues meanwhile.
 *
 *   stop ──► reset Connect's offsets ──► drop the slot ──► resume ──► wait until all is published
 *
 * A lost slot is dropped before the stop too. Debezium waits half an hour for a lost slot and
 * ignores the stop meanwhile. Then the old and the new task would create a slot at the same time.
 *
 * The repair drops a sound slot too: only a slot that Debezium creates together with its snapshot
 * joins the rows to the log without a gap. Safe to repeat, also after an interruption.
 *
 * @throws Error if there is no connector, or if a step exceeds its time limit.
 */
export async function repairConnector(options: {
  connect: ConnectApi;
  /** With the rights of role debezium, which may drop the slot. */
  query: Query;
  onStep: (step: string) => void;
}): Promise<void> {
  const { connect, query, onStep } = options;
  const until = async (what: string, timeoutMs: number, isSo: () => Promise<boolean>) =>
    await pollUntil(isSo, {
      everyMs: POLL_MS,
      timeoutMs,
      timeoutMessage: () => `timed out waiting for ${what}`,
    });
  if ((await connect.status()) === 'missing') {
    throw new Error('there is no connector to repair; the console registers it within seconds');
  }
  const { slot } = await observe(query, connect);
  if (typeof slot === 'object' && slot.isLost) {
    onStep('dropping the slot, which PostgreSQL invalidated');
    await dropSlot(query);
  }
  onStep('stopping the connector');
  await retryUntilReady(() => connect.stop());
  await until('the connector to stop', STOPPED_WITHIN_MS, async () => {
    return isAtRest(await observe(query, connect)) && !(await isLoggedIn(query));
  });
  onStep('resetting the offsets of the connector');
  await retryUntilReady(() => connect.forgetOffsets());
  onStep(`dropping the slot ${SLOT}`);
  await dropSlot(query);
  onStep('resuming the connector, which publishes every retained row again');
  await retryUntilReady(() => connect.resume());
  await untilRunning(connect);
  await until('the retained rows to be published', PUBLISHED_WITHIN_MS, async () => {
    return isPublished(await observe(query, connect));
  });
}

async function dropSlot(query: Query): Promise<void> {
  await query(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  );
}

/** A task that did not stop in time still runs, although Connect reports it as stopped. */
async function isLoggedIn(query: Query): Promise<boolean> {
  const others = await query(
    `SELECT pid FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()`,
    [],
  );
  return others.length > 0;
}

const isAtRest = ({ connector, slot }: Observation): boolean =>
  typeof connector === 'object' &&
  connector.connector.state === 'STOPPED' &&
  connector.tasks.length === 0 &&
  (slot === 'missing' || slot?.active === false);

// Connect has stored an offset after the snapshot.
const isPublished = ({ offset, slot }: Observation): boolean =>
  typeof offset === 'object' && !offset.isSnapshot && typeof slot === 'object' && slot.active;
