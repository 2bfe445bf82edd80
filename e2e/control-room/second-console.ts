import { join } from 'node:path';
import { startSecondMember, type FaultTargets, type Member } from '@effectively-once/testing';
import { at } from '../system-under-test.js';

const stack = at as typeof at & FaultTargets;

// Also after a failed test: no process may outlive the test that started it.
const started: Member[] = [];
afterAll(() => Promise.all(started.map(({ kill }) => kill())));

/** Starts one more console on the same stores, with other settings. */
export async function secondConsole(settings: Record<string, string>): Promise<Member> {
  const same = Object.entries(at).filter(([, value]) => typeof value === 'string');
  const console = {
    command: process.execPath,
    args: ['dist/main.js'],
    cwd: join(process.cwd(), 'apps', 'console'),
    env: {
      ...(Object.fromEntries(same) as Record<string, string>),
      KAFKA_BROKERS: at.KAFKA_BROKERS.join(),
      EMAIL_URL: `http://127.0.0.1:${at.EMAIL_PORT}`,
      LOYALTY_URL: `http://127.0.0.1:${at.LOYALTY_PORT}`,
      SEARCH_URL: `http://127.0.0.1:${at.SEARCH_PORT}`,
      PAYMENTS_PUBLIC_URL: at.PAYMENTS_URL,
      NODE_ENV: 'test',
      ...settings,
    },
  };
  const member = await startSecondMember({ ...stack, CONSUMER_PROCESSES: { console } }, 'console');
  started.push(member);
  return member;
}
