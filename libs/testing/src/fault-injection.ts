import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMember, type Member, type MemberDefinition } from './member.js';
import type { ProxyFault } from './tcp-proxy.js';

/** Where a stack that was started to be broken can be broken. */
export interface FaultTargets {
  PROXIES_URL: string;
  /** A folder of tokens. */
  FAILURE_POINTS: string;
  CONSUMER_PROCESSES: Record<string, MemberDefinition>;
  LOG_FOLDER: string;
}

/** Takes one server away from the one consumer that uses it, or gives it back. Resolves when it is so. */
export async function switchProxy(
  { PROXIES_URL }: FaultTargets,
  dependency: string,
  how: ProxyFault | 'heal',
): Promise<void> {
  const response = await fetch(`${PROXIES_URL}/${dependency}/${how}`, { method: 'POST' });
  if (!response.ok) throw new Error(`${dependency} cannot be told to ${how}: ${response.status}`);
}

/** The process of the app that reaches the point first deletes the file, whose path is returned, and dies. */
export function armFailurePoint(
  { FAILURE_POINTS }: FaultTargets,
  app: string,
  point: string,
): string {
  const token = join(FAILURE_POINTS, `${app}.${point}`);
  writeFileSync(token, '');
  return token;
}

/** One more member of the consumer's group, behind the same cables. Whoever starts it ends it. */
export async function startSecondMember(
  { CONSUMER_PROCESSES, LOG_FOLDER }: FaultTargets,
  consumer: string,
): Promise<Member> {
  const definition = CONSUMER_PROCESSES[consumer];
  if (!definition) throw new Error(`${consumer} is no consumer`);
  return await startMember({
    definition,
    portVariable: `${consumer.toUpperCase()}_PORT`,
    logFile: join(LOG_FOLDER, `${consumer}-second.log`),
  });
}
