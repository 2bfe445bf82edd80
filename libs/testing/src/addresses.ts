import { z } from 'zod';

/** Addresses of the servers of a test stack, and in end-to-end tests of the apps. */
const addresses = z.object({
  /** As superuser, because tests create their own databases. */
  POSTGRES_SUPERUSER_URL: z.url(),
  KAFKA_BROKERS: z.string().transform((list) => list.split(',')),
  REDIS_URL: z.url(),
  ELASTICSEARCH_URL: z.url(),
});

/** A JSON array with one object per stack. */
const variable = 'TEST_ADDRESSES';

/**
 * The addresses of the real servers. The command that started them passes the addresses on, so a
 * test does not know whether they are native processes or containers. With several stacks, each
 * Jest worker has its own.
 *
 * @throws Error that says how to run this test, if no servers were started.
 */
export function testAddresses(): z.infer<typeof addresses> & Record<string, unknown> {
  const written = process.env[variable];
  if (!written) {
    throw new Error(
      'this test needs real servers: run it with `npm run test:int -- <path>` or `npm run test:e2e -- <path>`',
    );
  }
  const stacks = JSON.parse(written) as Record<string, unknown>[];
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1);
  const all = stacks[(worker - 1) % stacks.length];
  return { ...all, ...addresses.parse(all) };
}
