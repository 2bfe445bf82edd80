import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, testAddresses } from '@effectively-once/testing';
import { randomFrom } from '../../../faults/random.js';
import { readEnvironment, type Environment } from '../../../stack/environment.js';
import { boundsOf, isHeld, type Lab } from '../../lab.js';

/**
 * Runs the small version of a lab on the servers of the test stack, and prints its seed. The
 * variable SEED repeats a run.
 * @param environment of a whole system, for a lab that starts the services.
 * @returns its figures, and the claims that did not hold.
 */
export async function runSmall(
  lab: Lab,
  environment: Environment = readEnvironment(),
): Promise<{ figures: Record<string, number>; broken: string[] }> {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${lab.name}: SEED=${seed}`);
  const folder = mkdtempSync(join(tmpdir(), `lab-${lab.name}-`));
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const database = lab.servers.includes('postgres') ? await createTestDatabase('lab') : undefined;
  const { KAFKA_BROKERS, REDIS_URL, ELASTICSEARCH_URL } = testAddresses();
  try {
    const { figures, claims } = await lab.run({
      brokers: KAFKA_BROKERS,
      postgresUrl: database?.url ?? '',
      redisUrl: REDIS_URL,
      elasticsearchUrl: ELASTICSEARCH_URL,
      environment,
      folder,
      seed,
      random: randomFrom(seed),
      isSmall: true,
      signal: stop.signal,
      print: () => undefined,
    });
    const broken = claims.filter((claim) => !isHeld(claim));
    return {
      figures,
      broken: broken.map((one) => `${one.claim}: ${one.value}, not ${boundsOf(one)}`),
    };
  } finally {
    // The processes of a lab that failed.
    stop.abort();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}
