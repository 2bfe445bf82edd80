import { existsSync, readFileSync } from 'node:fs';
import { CONSUMERS, deadLetterTopic, type ConsumerName } from '@effectively-once/contracts';
import { endOffsets } from '@effectively-once/kafka';
import {
  armFailurePoint,
  startSecondMember,
  switchProxy,
  waitUntil,
  type FaultTargets,
  type ProxyFault,
  type Member,
} from '@effectively-once/testing';
import { readSamples } from '@effectively-once/testing/metrics';
import { waitUntilDrained } from '../tools/faults/wait-until-drained.js';
import { at } from './system-under-test.js';

/** Fault injection: kills and freezes processes, and breaks the proxies between them. */

const stack = at as typeof at & FaultTargets & { STATE_FILE: string };

const PORTS = { email: 'EMAIL_PORT', loyalty: 'LOYALTY_PORT', search: 'SEARCH_PORT' } as const;

export const consumerUrl = (consumer: ConsumerName) => `http://127.0.0.1:${at[PORTS[consumer]]}`;

/**
 * Breaks the consumers' connections to these servers while `during` runs. Only consumers use the
 * proxies.
 */
export async function withProxyFaults<Result>(
  faults: Record<string, ProxyFault>,
  during: () => Promise<Result>,
): Promise<Result> {
  const switchAll = (to: (fault: ProxyFault) => ProxyFault | 'heal') =>
    Promise.all(
      Object.entries(faults).map(([dependency, fault]) =>
        switchProxy(stack, dependency, to(fault)),
      ),
    );
  await switchAll((fault) => fault);
  try {
    return await during();
  } finally {
    await switchAll(() => 'heal');
  }
}

/**
 * Each of these consumers kills itself with SIGKILL when it next reaches the failure point;
 * `meanwhile` makes it get there. Resolves when all have died and the supervisor has restarted
 * them.
 */
export async function killedAt(
  point: string,
  consumers: readonly ConsumerName[],
  meanwhile: () => Promise<void>,
): Promise<void> {
  const armed = await Promise.all(
    consumers.map(async (consumer) => ({ consumer, before: await startedAt(consumer) })),
  );
  const tokens = consumers.map((consumer) => armFailurePoint(stack, consumer, point));
  await meanwhile();
  await waitUntil(`a death at each of ${tokens.join()}`, () => !tokens.some(existsSync));
  for (const { consumer, before } of armed) {
    await waitUntil(`another ${consumer}`, async () => (await startedAt(consumer)) > before);
  }
}

const startedAt = (consumer: ConsumerName) =>
  metric(consumerUrl(consumer), 'process_start_time_seconds');

/** Freezes the supervised processes of these names while `during` runs. */
export async function withFrozen<Result>(
  names: readonly string[],
  during: () => Promise<Result>,
): Promise<Result> {
  const pids = names.map(pidOf);
  pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  try {
    return await during();
  } finally {
    pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
  }
}

/** The pid of the supervised process of this name. */
export function pidOf(name: string): number {
  const { processes } = JSON.parse(readFileSync(stack.STATE_FILE, 'utf8')) as {
    processes: { name: string; run: { pid: number } | null }[];
  };
  const pid = processes.find((process) => process.name === name)?.run?.pid;
  if (pid === undefined) throw new Error(`${name} is not running`);
  return pid;
}

const members: Member[] = [];
// Also after a failed test: no process may outlive the test that started it.
afterAll(() => Promise.all(members.map(({ kill }) => kill())));

/**
 * Starts one more member in each consumer's group; each completes records already. The caller ends
 * them.
 */
export async function secondMembers(consumers: readonly ConsumerName[]): Promise<Member[]> {
  return await Promise.all(
    consumers.map(async (consumer) => {
      const member = await startSecondMember(stack, consumer);
      members.push(member);
      await untilMoreCompleted(member.url, 0);
      return member;
    }),
  );
}

/** How many records the process has completed since its start. */
export const recordsCompleted = (url: string) =>
  metric(url, 'delivery_records_total').catch(() => 0);

export async function untilMoreCompleted(url: string, than: number): Promise<void> {
  await waitUntil(`${url} to complete records`, async () => (await recordsCompleted(url)) > than);
}

/** Waits until every consumer group has committed all records published so far. */
export const untilDrained = () => waitUntilDrained(at.KAFKA_BROKERS);

/** The sum of the metric's samples that have these labels. */
export async function metric(
  url: string,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const samples = await readSamples(url, name, labels);
  if (samples.length === 0) throw new Error(`${url} shows no ${name} of ${JSON.stringify(labels)}`);
  return samples.reduce((sum, { value }) => sum + value, 0);
}

/** The number of dead letters of all consumers. */
export async function deadLetters(): Promise<number> {
  const topics = CONSUMERS.map(deadLetterTopic);
  const ends = await endOffsets({ brokers: at.KAFKA_BROKERS, clientId: 'e2e', topics });
  return [...ends.values()]
    .flatMap((partitions) => [...partitions.values()])
    .reduce((sum, end) => sum + Number(end), 0);
}
