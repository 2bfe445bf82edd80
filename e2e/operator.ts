import { existsSync } from 'node:fs';
import type { ConsumerName } from '@effectively-once/contracts';
import { mintToken } from '@effectively-once/platform';
import { armFailurePoint, waitUntil, type FaultTargets } from '@effectively-once/testing';
import { npmRun, type Ended } from './npm-run.js';
import { at, get } from './system-under-test.js';

/** Hands on dead letters: the command an operator types, and the console that does the work. */

const stack = at as typeof at & FaultTargets;
const consoleUrl = `http://127.0.0.1:${at.CONSOLE_PORT}`;

/** `npm run dlq -- …` */
export const dlq = (...args: string[]): Promise<Ended> => npmRun('dlq', args);

/** The same with `--json`, read. @throws Error with what the command said when it did not end well. */
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

/** The latest ones; whoever makes more than a thousand cannot see them all here. */
export async function lettersOf(consumer: ConsumerName): Promise<Letter[]> {
  return (await operatorGet<{ items: Letter[] }>(`/api/dlq/${consumer}?limit=1000`)).items;
}

/** A payment's dead letter, once the console has taken it in. */
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
  if (!found) throw new Error(`the console knows nothing of ${consumer}`);
  return found.states;
}

export async function operatorGet<Answer>(path: string): Promise<Answer> {
  const operator = { userId: 'olga', role: 'operator' } as const;
  const token = await mintToken(at.AUTH_JWT_SECRET, operator, { ttlS: 600 });
  const { status, json } = await get(`${consoleUrl}${path}`, token);
  if (status !== 200) throw new Error(`${path} was answered with ${status}`);
  return json as Answer;
}

/** Lets the console die by SIGKILL when it next comes by the point; resolves once it has. */
export async function consoleDiesAt(point: string): Promise<void> {
  const token = armFailurePoint(stack, 'console', point);
  await waitUntil(`the console to die at ${point}`, () => !existsSync(token));
}
