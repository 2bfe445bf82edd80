import { join } from 'node:path';
import { ESLint } from 'eslint';
import { repositoryRoot } from '../repository-root.js';
import { importBoundaries } from './import-boundaries.mjs';

/** What the linter says of one import in one (imagined) file. */
async function lint(file: string, imported: string): Promise<string[]> {
  const eslint = new ESLint({
    cwd: repositoryRoot,
    // Only the boundary rule: the others need the file to exist in the TypeScript project.
    overrideConfigFile: true,
    overrideConfig: [{ files: ['**/*.ts'] }, ...importBoundaries],
  });
  const [result] = await eslint.lintText(`import ${JSON.stringify(imported)};\n`, {
    filePath: join(repositoryRoot, file),
  });
  return (result?.messages ?? []).map(({ message }) => message);
}

it.each([
  ['apps/payments/src/checkout/checkout.ts', 'kafkajs', 'stays behind libs/kafka'],
  [
    'apps/payments/src/checkout/checkout.ts',
    '@effectively-once/delivery',
    'what the outbox is for',
  ],
  ['apps/email/src/send-receipt.ts', 'pg', 'email has no SQL'],
  ['apps/email/src/send-receipt.ts', '@effectively-once/postgres', 'email has no SQL'],
  ['apps/search/src/index-payment.ts', '@effectively-once/postgres', 'search has one store'],
  ['libs/delivery/src/deliver.ts', '@effectively-once/postgres', 'delivery knows Kafka'],
  ['libs/platform/src/http/health.ts', '@effectively-once/postgres', 'platform knows HTTP'],
  ['libs/postgres/src/postgres-failure.ts', '@effectively-once/platform', 'no framework'],
  ['libs/postgres/src/postgres-options.ts', '@nestjs/typeorm', 'no framework'],
  ['libs/timing/src/with-timeout.ts', '@effectively-once/platform', 'depends on nothing'],
  ['apps/loyalty/src/award-points.ts', 'ioredis', 'loyalty has one store'],
  ['apps/search/src/index-payment.ts', 'typeorm', 'search has one store'],
  ['apps/third-parties/src/psp.ts', '@effectively-once/contracts', 'know nothing of us'],
  ['libs/delivery/src/deliver.ts', 'ioredis', 'delivery knows Kafka and no store'],
  ['libs/delivery/src/deliver.ts', 'kafkajs', 'stays behind libs/kafka'],
  ['apps/payments/src/checkout/checkout.ts', '@effectively-once/kafka', 'what the outbox is for'],
  ['libs/audit/src/audit.ts', '@effectively-once/delivery', 'must not share code'],
  ['libs/audit/src/audit.ts', '@effectively-once/delivery/offset-tracker', 'must not share code'],
  ['libs/kafka/src/admin.ts', '@effectively-once/delivery', 'no judgement'],
  ['apps/third-parties/src/psp.ts', '@effectively-once/kafka', 'know nothing of us'],
  ['libs/contracts/src/decode.ts', '@nestjs/common', 'contracts are data'],
  ['libs/audit/src/audit.ts', '@effectively-once/payments/database', 'must not share code'],
  ['tools/stack/prepare/topics.ts', 'kafkajs', 'stays behind libs/kafka'],
])('%s may not import %s', async (file, imported, why) => {
  await expect(lint(file, imported)).resolves.toEqual([expect.stringContaining(why)]);
});

it.each([
  ['libs/kafka/src/client.ts', 'kafkajs'],
  ['libs/postgres/src/postgres-options.ts', 'pg'],
  ['libs/platform/src/metrics.ts', '@effectively-once/timing'],
  ['libs/delivery/src/backoff.ts', '@effectively-once/timing'],
  ['apps/email/src/servers/redis.ts', '@effectively-once/timing'],
  ['apps/loyalty/src/database/database.ts', '@effectively-once/postgres'],
  ['apps/email/src/servers/redis.ts', 'ioredis'],
  ['apps/payments/src/checkout/claim.sql.ts', 'pg'],
])('%s may import %s', async (file, imported) => {
  await expect(lint(file, imported)).resolves.toEqual([]);
});
