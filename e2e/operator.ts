import { existsSync } from 'node:fs';
import type { ConsumerName } from '@effectively-once/contracts';
import { mintToken } from '@effectively-once/platform';
import { armFailurePoint, waitUntil, type FaultTargets } from '@effectively-once/testing';
import { npmRun, type Ended } from './npm-run.js';
import { at, get, consoleUrl } from './system-under-test.js';

/** What the operator does with dead letters: the dlq command, and the console that executes it. */

const stack = at as typeof at & FaultTargets;
/** `npm run dlq -- …` */
export const dlq = (...args: string[]): Promise<Ended> => npmRun('dlq', args);

/** `npm run dlq -- … --json`, parsed. @throws Error with its stderr if it exits with an error. */
export async function dlqJson<Answer>(...args: string[]): Promise<Answer> {
  const { code, out, err } = await dlq(...args, '--json');
  if (code !== 0) throw new Error(`dlq ${args.slice(0, 5).join(' ')} exited ${code}: ${err}`);
  return JSON.parse(out) as Answer;
}

export interface Letter {
  id: string;
  state: string;
  paymentId: string | null;
  errorName: string;
  redriveCount: number;
}

/** The latest 1,000 dead letters of the consumer. */
export async function lettersOf(consumer: ConsumerName): Promise<Letter[]> {
  return (await operatorGet<{ items: Letter[] }>(`/api/dlq/${consumer}?limit=1000`)).items;
}

/** The dead letter of a payment, after the console has ingested it. */
export async function letterOf(consumer: ConsumerName, paymentId: string): Promise<Letter> {
  return await waitUntil(`a dead letter of ${paymentId}`, async () =>
    (await lettersOf(consumer)).find((letter) => letter.paymentId === paymentId),
  );
}

export type States = Record<'pending' | 'redriven' | 'discarded', number>;

export async function statesOf(consumer: ConsumerName): Promise<States> {
  const { consumers } = await operatorGet<{ consumers: { consumer: string; states: States }[] }>(
    '/api/dlq',
  );
  const found = consumers.find((one) => one.consumer === consumer);
  if (!found) throw new Error(`the console does not know the consumer ${consumer}`);
  return found.states;
}

export async function operatorGet<Answer>(path: string): Promise<Answer> {
  const operator = { userId: 'olga', role: 'operator' } as const;
  const token = await mintToken(at.AUTH_JWT_SECRET, operator, { ttlS: 600 });
  const { status, json } = await get(`${consoleUrl}${path}`, token);
  if (status !== 200) throw new Error(`${path} was answered with ${status}`);
  return json as Answer;
}

/**
 * The console kills itself with SIGKILL when it next reaches the failure point; resolves after
 * that.
 */
export async function consoleDiesAt(point: string): Promise<void> {
  const token = armFailurePoint(stack, 'console', point);
  await waitUntil(`the console to die at ${point}`, () => !existsSync(token));
}
