import { z } from 'zod';

/** Where the servers (and in end-to-end tests the apps) of the stack under test are. */
const addresses = z.object({
  /** As superuser: tests make databases of their own. */
  POSTGRES_SUPERUSER_URL: z.url(),
  KAFKA_BROKERS: z.string().transform((list) => list.split(',')),
  REDIS_URL: z.url(),
  ELASTICSEARCH_URL: z.url(),
});

const variable = 'TEST_ADDRESSES';

/**
 * The one door to real servers. Native processes or containers, a test cannot tell: the command that
 * started them wrote down where they are.
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
  const all = JSON.parse(written) as Record<string, unknown>;
  return { ...all, ...addresses.parse(all) };
}
