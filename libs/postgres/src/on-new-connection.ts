import type pg from 'pg';
import { newClient } from './connections.js';

/**
 * Runs `work` on a connection of its own, and closes it. For probes: a connection of the pool may
 * be dead, and after a failover it may still lead to the old server.
 * @throws the error of connecting (3 s at most) or of `work` (7 s at most for each statement).
 */
export async function onNewConnection<Result>(
  options: { url: string; applicationName: string },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const { url, applicationName } = options;
  const client = newClient({ connectionString: url, applicationName });
  try {
    await client.connect();
    return await work(client);
  } finally {
    // Not awaited: a server that does not answer must not delay the answer of the probe.
    void client.end().catch(() => undefined);
  }
}
