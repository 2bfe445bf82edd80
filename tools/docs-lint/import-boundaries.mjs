// Who may import what. The table is the architecture. A reader can rely on each line without
// reading the code, because the lint fails when the line is no longer true.

const STORES = {
  sql: ['pg', 'typeorm', '@nestjs/typeorm', '@effectively-once/postgres'],
  redis: ['ioredis'],
  elasticsearch: ['@elastic/elasticsearch'],
  mail: ['nodemailer', 'nodemailer/*'],
};
const { sql, redis, elasticsearch, mail } = STORES;
const everyStore = [...sql, ...redis, ...elasticsearch, ...mail];
const framework = ['@nestjs/*', 'fastify', '@fastify/*'];
const ours = (...names) => names.map((name) => `@effectively-once/${name}`);
const everyApp = ours('payments*', 'email*', 'loyalty*', 'search*', 'console*', 'third-parties*');

const BOUNDARIES = [
  {
    folder: 'libs/contracts',
    why: 'contracts are data: no framework, no store, no other part of the system',
    banned: [...framework, ...everyStore, '@effectively-once/*'],
  },
  {
    folder: 'libs/platform',
    why: 'platform knows HTTP and processes, not payments and not stores',
    banned: [
      ...everyStore,
      '@effectively-once/*',
      '!@effectively-once/timing',
      // For the one pattern of user ids: stores and events can hold each id that a token names.
      '!@effectively-once/contracts',
    ],
  },
  {
    folder: 'libs/timing',
    why: 'timing depends on nothing, so that every part may import it',
    banned: [...framework, ...everyStore, '@effectively-once/*'],
  },
  {
    folder: 'libs/postgres',
    why: 'postgres knows the driver and its errors: no table, no framework, no other part of us',
    banned: [...framework, ...redis, ...elasticsearch, ...mail, '@effectively-once/*'],
  },
  {
    folder: 'libs/kafka',
    why: 'kafka is transport: no store, no framework, no judgement about a record',
    banned: [...framework, ...everyStore, ...everyApp, ...ours('platform', 'delivery*', 'audit*')],
    mayImportKafkajs: true,
  },
  {
    folder: 'libs/delivery',
    why: 'delivery knows Kafka and no store: strategies bring their own',
    banned: [...everyStore, ...everyApp, ...ours('platform', 'audit*')],
  },
  {
    folder: 'libs/audit',
    why: 'the auditor looks at stores and must not share code with what it audits',
    banned: [...framework, ...everyApp, ...ours('platform', 'delivery', 'delivery/*')],
  },
  {
    folder: 'libs/scenarios',
    why: 'a scenario does over HTTP what a customer and an operator do, and knows no store',
    banned: [...framework, ...everyStore, ...everyApp, ...ours('platform', 'kafka', 'delivery*')],
  },
  {
    folder: 'libs/testing',
    why: 'testing is for tests of everything, so it depends on nothing of ours',
    banned: ['@effectively-once/*'],
  },
  {
    folder: 'apps/payments',
    why: 'payments never talks to Kafka: that is what the outbox is for',
    banned: [
      ...redis,
      ...elasticsearch,
      ...mail,
      ...everyApp,
      ...ours('kafka', 'delivery', 'delivery/*', 'audit'),
    ],
  },
  {
    folder: 'apps/email',
    why: 'email has no SQL: it asks payments for an address',
    banned: [...sql, ...elasticsearch, ...everyApp, ...ours('audit')],
  },
  {
    folder: 'apps/loyalty',
    why: 'loyalty has one store: its own database',
    banned: [...redis, ...elasticsearch, ...mail, ...everyApp, ...ours('audit')],
  },
  {
    folder: 'apps/search',
    why: 'search has one store: Elasticsearch',
    banned: [...sql, ...redis, ...mail, ...everyApp, ...ours('audit')],
    // The job that refills a lost index reads the payments database. The service does not load it.
    except: ['apps/search/src/reindex.ts'],
  },
  {
    folder: 'apps/console',
    why: 'the console looks through the auditor and calls no other app',
    banned: [...redis, ...elasticsearch, ...mail, ...everyApp],
  },
  {
    folder: 'apps/third-parties',
    why: 'third parties know nothing of us',
    banned: [...everyStore, ...everyApp, ...ours('contracts', 'kafka', 'delivery', 'audit')],
  },
  {
    folder: 'apps/reconcile',
    why: 'reconcile reads four stores and talks to no broker',
    banned: [...redis, ...mail, ...framework, ...ours('kafka', 'delivery', 'audit')],
  },
  {
    folder: 'tools',
    why: 'only libs/kafka imports kafkajs',
    banned: [],
    // The raw chain of bench:pipeline measures the bare driver. Between its turns it empties
    // topics, which no part of the system ever does.
    except: ['tools/bench/pipeline/raw/raw-consumer.ts', 'tools/bench/pipeline/stack/reset.ts'],
  },
  { folder: 'e2e', why: 'only libs/kafka imports kafkajs', banned: [] },
];

const KAFKAJS = {
  group: ['kafkajs', 'kafkajs/*'],
  message: 'kafkajs is unmaintained and stays behind libs/kafka',
};

/** Tests may use any store and any server; what ships may not. */
const TESTS = ['**/*.spec.ts', '**/*.fixture.ts', '**/testing/**'];

/** The table as ESLint flat configuration. */
export const importBoundaries = BOUNDARIES.map(
  ({ folder, why, banned, mayImportKafkajs = false, except = [] }) => ({
    files: [`${folder}/**/*.ts`],
    ignores: [...TESTS, ...except],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...(mayImportKafkajs ? [] : [KAFKAJS]),
            ...(banned.length > 0 ? [{ group: banned, message: why }] : []),
          ],
        },
      ],
    },
  }),
);
