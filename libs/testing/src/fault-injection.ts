import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMember, type Member, type MemberDefinition } from './member.js';
import type { ProxyFault } from './tcp-proxy.js';

/** What fault injection needs to know about a test stack. */
export interface FaultTargets {
  PROXIES_URL: string;
  /** The folder of token files. */
  FAILURE_POINTS: string;
  CONSUMER_PROCESSES: Record<string, MemberDefinition>;
  LOG_FOLDER: string;
}

/** Cuts one consumer off from one of its servers, or reconnects it. Resolves when it is done. */
export async function switchProxy(
  { PROXIES_URL }: FaultTargets,
  dependency: string,
  how: ProxyFault | 'heal',
): Promise<void> {
  const response = await fetch(`${PROXIES_URL}/${dependency}/${how}`, { method: 'POST' });
  if (!response.ok)
    throw new Error(`the proxy of ${dependency} refused to ${how}: ${response.status}`);
}

/**
 * Kills the first process of the app that reaches the point. Returns the token file that it
 * deletes.
 */
export function armFailurePoint(
  { FAILURE_POINTS }: FaultTargets,
  app: string,
  point: string,
): string {
  const token = join(FAILURE_POINTS, `${app}.${point}`);
  writeFileSync(token, '');
  return token;
}

/** Starts one more member of the consumer's group, behind the same proxies. The caller ends it. */
export async function startSecondMember(
  { CONSUMER_PROCESSES, LOG_FOLDER }: FaultTargets,
  consumer: string,
): Promise<Member> {
  const definition = CONSUMER_PROCESSES[consumer];
  if (!definition) throw new Error(`${consumer} is not a consumer`);
  return await startMember({
    definition,
    portVariable: `${consumer.toUpperCase()}_PORT`,
    logFile: join(LOG_FOLDER, `${consumer}-second.log`),
  });
}
