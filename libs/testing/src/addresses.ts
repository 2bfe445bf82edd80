import { z } from 'zod';

/** Where the servers (and in end-to-end tests the apps) of a stack under test are. */
const addresses = z.object({
  /** As superuser: tests make databases of their own. */
  POSTGRES_SUPERUSER_URL: z.url(),
  KAFKA_BROKERS: z.string().transform((list) => list.split(',')),
  REDIS_URL: z.url(),
  ELASTICSEARCH_URL: z.url(),
});

/** One object for each stack. */
const variable = 'TEST_ADDRESSES';

/**
 * The one door to real servers. Native processes or containers, a test cannot tell: the command that
 * started them wrote down where they are. With several stacks, each of Jest's workers has one to itself.
 *
 * @throws Error that says how to run this test, when nobody started anything.
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
