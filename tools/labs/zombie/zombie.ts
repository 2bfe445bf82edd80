import { join } from 'node:path';
import { Pool } from 'pg';
import { fillTopic } from '../../bench/delivery/produce.js';
import type { Lab, LabContext, LabResult } from '../lab.js';
import { LabProcess } from '../process/lab-process.js';
import {
  FENCES,
  judgeFence,
  zombieClaims,
  zombieTable,
  type Fence,
  type ZombieRound,
  type ZombieSettings,
} from './fences.js';
import { settleAll } from '../process/settle-all.js';
import { zombiePicture } from './zombie-picture.js';

const FULL = { rounds: 12, atOnce: 3 };
const SMALL = { rounds: 1, atOnce: 1 };
/** A start of Node, the session of the frozen member (6 s), and a busy machine. */
const STEP_WITHIN_MS = 60_000;

const SCHEMA = `
  DROP SCHEMA IF EXISTS lab_zombie CASCADE;
  CREATE SCHEMA lab_zombie;
  CREATE TABLE lab_zombie.ledger (id text NOT NULL, member text NOT NULL);
  CREATE TABLE lab_zombie.fences (id text PRIMARY KEY, token int NOT NULL);
  CREATE TABLE lab_zombie.inbox (id text PRIMARY KEY);`;

export const zombie: Lab = {
  name: 'zombie',
  claim:
    'A member that wakes up after its session makes its effect a second time; Kafka refuses only ' +
    'its commit. A check before the effect does not help, a check in the store of the effect does.',
  failureWindow: "from the successor's claim until the zombie's effect",
  doesNotShow: [
    'A fencing token as deduplication: a member that dies after its effect leaves a duplicate to ' +
      'its successor, whose token is valid. Only the inbox row stops that one.',
    'Stores without a conditional write, such as a mail server.',
    'How often it happens: a pause longer than the session is rare, and here it is made.',
    'Transactional producers: their fence protects records in Kafka, not this effect.',
  ],
  minutes: 2,
  servers: ['kafka', 'postgres'],
  run,
};

async function run(context: LabContext): Promise<LabResult> {
  const { rounds: count, atOnce } = context.isSmall ? SMALL : FULL;
  const ledger = new Pool({ connectionString: context.postgresUrl, max: 4 });
  try {
    await ledger.query(SCHEMA);
    const rounds: ZombieRound[] = [];
    const worker = async (fence: Fence, first: number) => {
      for (let round = first; round < count; round += atOnce) {
        rounds.push(await runRound(context, ledger, { fence, round }));
        context.print(`  ${fence}: round ${round + 1} of ${count}`);
      }
    };
    const workers = FENCES.flatMap((fence) =>
      Array.from({ length: atOnce }, (_, first) => worker(fence, first)),
    );
    await settleAll(workers);
    const outcomes = FENCES.map((fence) => judgeFence(fence, rounds));
    return {
      table: zombieTable(outcomes),
      figures: Object.fromEntries(
        outcomes.flatMap(({ fence, doubled, commitsRefused, frozenMaxMs }) => [
          [`${fence}: doubled`, doubled],
          [`${fence}: commits refused`, commitsRefused],
          [`${fence}: frozen at most, ms`, Math.round(frozenMaxMs)],
        ]),
      ),
      claims: zombieClaims(outcomes),
      picture: zombiePicture(rounds),
    };
  } finally {
    await ledger.end();
  }
}

/** Each round has its own topic and group, so no round waits for the session of another one. */
async function runRound(
  { brokers, postgresUrl, folder, signal }: LabContext,
  ledger: Pool,
  { fence, round }: { fence: Fence; round: number },
): Promise<ZombieRound> {
  const id = `${fence.replaceAll(' ', '-')}-${round}`;
  const topic = `lab.zombie.${id}.${crypto.randomUUID()}`;
  await fillTopic({ brokers, topic }, 1, [{ key: id, value: { id } }]);
  const start = (name: string, waits: boolean) =>
    new LabProcess(
      'labs/zombie/member',
      {
        fence,
        brokers,
        topic,
        groupId: topic,
        memberName: `${id}-${name}`,
        databaseUrl: postgresUrl,
        waits,
      } satisfies ZombieSettings,
      { logFile: join(folder, `${id}.${name}.log`), signal },
    );
  const first = start('first', true);
  let successor: LabProcess | undefined;
  try {
    await first.next('claimed', STEP_WITHIN_MS);
    const startedAtMs = performance.now();
    const now = () => performance.now() - startedAtMs;
    first.freeze();
    const frozenMs = now();
    successor = start('successor', false);
    await successor.next('committed', STEP_WITHIN_MS);
    const successorDoneMs = now();
    first.tell({ kind: 'go on' });
    first.wake();
    const wokenMs = now();
    await first.next('done', STEP_WITHIN_MS);
    const lateMs = now();
    const { kind } = await first.nextOf(['commit refused', 'committed'], STEP_WITHIN_MS);
    const isCommitRefused = kind === 'commit refused';
    const { rows } = await ledger.query<{ effects: number }>(
      'SELECT count(*)::int AS effects FROM lab_zombie.ledger WHERE id = $1',
      [id],
    );
    const effects = rows[0]?.effects ?? NaN;
    return { fence, effects, isCommitRefused, frozenMs, successorDoneMs, wokenMs, lateMs };
  } finally {
    await first.kill();
    await successor?.kill();
  }
}
