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
import { waitUntilDrained as untilEverythingIsSettled } from '../tools/faults/wait-until-drained.js';
import { at } from './system-under-test.js';

/** Hands on the processes and on the cables between them: what breaks by itself one day. */

const stack = at as typeof at & FaultTargets & { STATE_FILE: string };

const PORTS = { email: 'EMAIL_PORT', loyalty: 'LOYALTY_PORT', search: 'SEARCH_PORT' } as const;

export const consumerUrl = (consumer: ConsumerName) => `http://127.0.0.1:${at[PORTS[consumer]]}`;

/** Takes servers from the consumers that use them, until `during` is over. Nobody else notices. */
export async function withCut<Result>(
  cuts: Record<string, ProxyFault>,
  during: () => Promise<Result>,
): Promise<Result> {
  const turn = (to: (cut: ProxyFault) => ProxyFault | 'heal') =>
    Promise.all(
      Object.entries(cuts).map(([dependency, cut]) => switchProxy(stack, dependency, to(cut))),
    );
  await turn((cut) => cut);
  try {
    return await during();
  } finally {
    await turn(() => 'heal');
  }
}

/**
 * Lets each of these consumers die by SIGKILL when it next comes by `point`, which `meanwhile` makes them
 * do; resolves once they have died there and their supervisor has new ones running.
 */
export async function dyingAt(
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

/** Freezes the consumer's processes that the supervisor keeps running, and lets them go on afterwards. */
export async function withFrozen<Result>(
  consumers: readonly ConsumerName[],
  during: () => Promise<Result>,
): Promise<Result> {
  const pids = consumers.map(pidOf);
  pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  try {
    return await during();
  } finally {
    pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
  }
}

/** Of the process that the supervisor keeps running under this name. */
export function pidOf(name: string): number {
  const { processes } = JSON.parse(readFileSync(stack.STATE_FILE, 'utf8')) as {
    processes: { name: string; run: { pid: number } | null }[];
  };
  const pid = processes.find((process) => process.name === name)?.run?.pid;
  if (pid === undefined) throw new Error(`${name} does not run right now`);
  return pid;
}

const members: Member[] = [];
// Also when a test gave up in the middle: no process may outlive the tests that started it.
afterAll(() => Promise.all(members.map(({ kill }) => kill())));

/** One more member in each consumer's group, at work already. Whoever asked ends them. */
export async function secondMembers(consumers: readonly ConsumerName[]): Promise<Member[]> {
  return await Promise.all(
    consumers.map(async (consumer) => {
      const member = await startSecondMember(stack, consumer);
      members.push(member);
      await settlesMore(member.url, 0);
      return member;
    }),
  );
}

/** How many records the process has settled since it started. */
export const settledBy = (url: string) => metric(url, 'delivery_records_total').catch(() => 0);

export async function settlesMore(url: string, than: number): Promise<void> {
  await waitUntil(`${url} to settle records`, async () => (await settledBy(url)) > than);
}

/** Every consumer has committed everything published until now, whichever member did it. */
export const everythingIsSettled = () => untilEverythingIsSettled(at.KAFKA_BROKERS);

/** The sum of a metric's samples whose labels contain these. */
export async function metric(
  url: string,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  if (values.length === 0) throw new Error(`${url} shows no ${name} of ${wanted.join()}`);
  return values.reduce((sum, value) => sum + value, 0);
}

/** How many dead letters there are, of all consumers. */
export async function deadLetters(): Promise<number> {
  const topics = CONSUMERS.map(deadLetterTopic);
  const ends = await endOffsets({ brokers: at.KAFKA_BROKERS, clientId: 'e2e', topics });
  return [...ends.values()]
    .flatMap((partitions) => [...partitions.values()])
    .reduce((sum, end) => sum + Number(end), 0);
}
