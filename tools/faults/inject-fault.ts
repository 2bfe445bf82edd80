import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { redriveTopic, type ConsumerName } from '@effectively-once/contracts';
import { type DeliveryPoint } from '@effectively-once/delivery';
import { RecordProducer } from '@effectively-once/kafka';
import {
  armFailurePoint,
  startSecondMember,
  switchProxy,
  waitUntil,
  type ProxyFault,
  type Member,
} from '@effectively-once/testing';
import type { Dependency } from '../test-runner/proxies/proxies.js';
import type { BreakableStack } from '../test-runner/test-stack.js';
import { deleteConnector, dropSlot, moveSlot } from './break-pipeline.js';
import type { InjectedFault } from './fault.js';
import { pipelineOf } from './repair.js';
import { holdLogBack, joinAndDoNothing, letRedisEvict } from './silent-faults.js';

// Longer than the Kafka session on a test stack (6 s) and email's lease (15 s). The group continues
// without the frozen member. When that member resumes, it believes that it still owns its
// partitions and its leases (a zombie).
const FROZEN_MS = 17_000;
const CUT_MIN_MS = 1_000;
const CUT_MAX_MS = 30_000;
const SECOND_MEMBER_MAX_MS = 5_000;
/** As the consumers of a test stack. */
const IDLE_SESSION_TIMEOUT_MS = 6_000;

/**
 * Fault injection: injects one fault, and resolves when the fault is over or when the supervisor
 * restarts what it killed.
 * @throws Error if the fault could not be injected.
 */
export async function injectFault(
  fault: InjectedFault,
  stack: BreakableStack,
  random: () => number,
): Promise<void> {
  switch (fault.kind) {
    case 'kill -9':
      // PostgreSQL's child processes notice that their parent died and exit, as after a power cut.
      return void process.kill(pidOf(fault.process, stack), 'SIGKILL');
    case 'freeze':
      return await freeze(fault.process, stack);
    case 'refuse':
    case 'hang':
    case 'swallow':
      return await cut(
        fault.dependency,
        fault.kind,
        stack,
        between(CUT_MIN_MS, CUT_MAX_MS, random),
      );
    case 'kill -9 at':
      return await killAt(fault.consumer, fault.point, stack);
    case 'kill -9 in checkout':
      return await untilDead('payments', fault.point, stack);
    case 'zombie':
      return await withSecondMember(fault.consumer, stack, async () =>
        freeze(fault.consumer, stack),
      );
    case 'rebalance':
      return await withSecondMember(fault.consumer, stack, async (member) => {
        await sleep(between(0, SECOND_MEMBER_MAX_MS, random));
        await member[fault.end]();
      });
    case 'connector deleted':
      return await deleteConnector(pipelineOf(stack));
    case 'slot dropped':
      return await dropSlot(pipelineOf(stack));
    case 'slot moved':
      return await moveSlot(pipelineOf(stack), true);
    case 'redis evicts':
      return await letRedisEvict(String(stack.addresses['REDIS_URL']), () => silence(random));
    case 'idle transaction':
      return await holdLogBack(pipelineOf(stack).superuserUrl, () => silence(random));
    case 'idle member':
      return await joinAndDoNothing(
        {
          consumer: fault.consumer,
          brokers: [`127.0.0.1:${stack.environment.settings.KAFKA_PORT}`],
          sessionTimeoutMs: IDLE_SESSION_TIMEOUT_MS,
        },
        () => silence(random),
      );
    default:
      return fault satisfies never;
  }
}

async function freeze(name: string, stack: BreakableStack): Promise<void> {
  const pid = pidOf(name, stack);
  process.kill(pid, 'SIGSTOP');
  try {
    await sleep(FROZEN_MS);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

async function cut(
  dependency: Dependency,
  how: ProxyFault,
  { breakable }: BreakableStack,
  forMs: number,
): Promise<void> {
  await switchProxy(breakable, dependency, how);
  try {
    await sleep(forMs);
  } finally {
    await switchProxy(breakable, dependency, 'heal');
  }
}

async function killAt(
  consumer: ConsumerName,
  point: DeliveryPoint,
  stack: BreakableStack,
): Promise<void> {
  const dead = untilDead(consumer, point, stack);
  // The payments of the load reach every other point.
  if (point.endsWith('dead_letter')) {
    await poison(consumer, [`127.0.0.1:${stack.environment.settings.KAFKA_PORT}`]);
  }
  await dead;
}

async function untilDead(app: string, point: string, { breakable }: BreakableStack): Promise<void> {
  const token = armFailurePoint(breakable, app, point);
  await waitUntil(`${app} to die ${point}`, () => !existsSync(token));
}

// Sends a poison pill to the redrive topic. The audit compares the main topic with the outbox, so
// there it would report the pill as a record without an outbox row.
async function poison(consumer: ConsumerName, brokers: string[]): Promise<void> {
  const producer = new RecordProducer({ brokers, clientId: 'faults' });
  await producer.connect();
  try {
    const record = { key: Buffer.from('no-user'), value: Buffer.from('{"'), headers: {} };
    await producer.send({ topic: redriveTopic(consumer), ...record });
  } finally {
    await producer.disconnect();
  }
}

async function withSecondMember(
  consumer: ConsumerName,
  { breakable }: BreakableStack,
  during: (member: Member) => Promise<void>,
): Promise<void> {
  const member = await startSecondMember(breakable, consumer);
  // The second member must not outlive this process if it ends in the middle of a round.
  const kill = () => void member.kill();
  process.once('exit', kill);
  try {
    await during(member);
    await member.leave();
  } finally {
    await member.kill();
    process.off('exit', kill);
  }
}

function pidOf(name: string, stack: BreakableStack): number {
  const pid = stack.processes().find((one) => one.name === name)?.run?.pid;
  if (pid === undefined) throw new Error(`${name} is not running`);
  return pid;
}

/** How long a fault lasts that no process notices by itself. */
const silence = (random: () => number) => sleep(between(CUT_MIN_MS, CUT_MAX_MS, random));

const between = (min: number, max: number, random: () => number) => min + random() * (max - min);
