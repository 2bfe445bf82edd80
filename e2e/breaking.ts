import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONSUMERS, deadLetterTopic, type ConsumerName } from '@effectively-once/contracts';
import { endOffsets } from '@effectively-once/delivery';
import {
  armFailurePoint,
  startMember,
  turnCable,
  waitUntil,
  type Breakable,
  type Cut,
  type Member,
  type MemberDefinition,
} from '@effectively-once/testing';
import { at } from './the-system.js';

/** Hands on the processes and on the cables between them: what breaks by itself one day. */

const stack = at as typeof at &
  Breakable & {
    LOG_FOLDER: string;
    STATE_FILE: string;
    CONSUMER_PROCESSES: Record<ConsumerName, MemberDefinition>;
  };

const PORTS = { email: 'EMAIL_PORT', loyalty: 'LOYALTY_PORT', search: 'SEARCH_PORT' } as const;

export const consumerUrl = (consumer: ConsumerName) => `http://127.0.0.1:${at[PORTS[consumer]]}`;

/** Takes servers from the consumers that use them, until `during` is over. Nobody else notices. */
export async function withCut<Result>(
  cuts: Record<string, Cut>,
  during: () => Promise<Result>,
): Promise<Result> {
  const turn = (to: (cut: Cut) => Cut | 'heal') =>
    Promise.all(
      Object.entries(cuts).map(([dependency, cut]) => turnCable(stack, dependency, to(cut))),
    );
  await turn((cut) => cut);
  try {
    return await during();
  } finally {
    await turn(() => 'heal');
  }
}

/**
 * Lets the consumer die by SIGKILL when it next comes by `point`, which `meanwhile` makes it do; resolves
 * once it has died there and its supervisor has a new one running.
 */
export async function dyingAt(
  consumer: ConsumerName,
  point: string,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const before = await startedAt(consumer);
  const token = armFailurePoint(stack, consumer, point);
  await meanwhile();
  await waitUntil(`${consumer} to die at ${point}`, () => !existsSync(token));
  await waitUntil(`another ${consumer} to run`, async () => (await startedAt(consumer)) > before);
}

const startedAt = (consumer: ConsumerName) =>
  metric(consumerUrl(consumer), 'process_start_time_seconds');

/** The consumer's process that the supervisor keeps running. */
export function pidOf(consumer: ConsumerName): number {
  const { processes } = JSON.parse(readFileSync(stack.STATE_FILE, 'utf8')) as {
    processes: { name: string; run: { pid: number } | null }[];
  };
  const pid = processes.find(({ name }) => name === consumer)?.run?.pid;
  if (pid === undefined) throw new Error(`${consumer} does not run right now`);
  return pid;
}

/** One more member of the consumer's group, ready to work. The caller ends it. */
export async function secondMember(consumer: ConsumerName): Promise<Member> {
  return await startMember({
    definition: stack.CONSUMER_PROCESSES[consumer],
    portVariable: PORTS[consumer],
    logFile: join(stack.LOG_FOLDER, `${consumer}-second.log`),
  });
}

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
