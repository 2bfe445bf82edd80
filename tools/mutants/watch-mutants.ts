import { killedBy, type Mutant } from './mutant.js';

const groups = 'apps/console/src/pipeline/groups';
const settings = 'apps/console/src/pipeline/settings';
const groupLag = killedBy(`${groups}/group-lag.spec.ts`);
const settingsWatch = killedBy('libs/platform/src/settings-watch.spec.ts');
const topicSettings = killedBy(`${settings}/settings.spec.ts`);
const serverSettings = killedBy(`${settings}/settings.int.spec.ts`);
const walHolders = killedBy('tools/stack/prepare/wal-holders.int.spec.ts');

/** The promises about what is watched from outside: nothing is stalled or drifts in silence. */
export const WATCH_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'watch: a partition of which nothing is committed is not stalled',
    file: `${groups}/group-lag.ts`,
    text: ' && seenMs >= STALLED_AFTER_MS',
    replacement: ' && false',
    test: groupLag('is stalled when nothing was committed for a minute although there is a record'),
  },
  {
    mutation: 'watch: the end of a transaction is a lag that never ends',
    file: `${groups}/group-lag.ts`,
    text: 'const isEmpty = emptyUntil >= end;',
    replacement: 'const isEmpty = from >= end;',
    test: groupLag('has no lag when only the ends of transactions are left, and reads them once'),
  },
  {
    mutation: 'watch: a timestamp of the future hides how long a record waits',
    file: `${groups}/group-lag.ts`,
    text: 'Math.max(nowMs - timestampMs, seenMs)',
    replacement: 'nowMs - timestampMs',
    test: groupLag('a timestamp that is of the future does not hide how long a record waits'),
  },
  {
    mutation: 'watch: a consumer that catches up counts as stalled',
    file: `${groups}/group-lag.ts`,
    text: 'if (before?.from === from) return;',
    replacement: 'if (before) return;',
    test: groupLag(
      'a consumer that catches up with a backlog is not stalled, however old its records are',
    ),
  },
  {
    mutation: 'watch: an unreadable setting keeps its old metric',
    file: 'libs/platform/src/settings-watch.ts',
    text: '      this.drift.remove({ what });\n',
    replacement: '',
    test: settingsWatch('an unreadable setting has no metric, and hides no other'),
  },
  {
    mutation: 'watch: a topic with a shorter retention has no problem',
    file: `${settings}/topic-settings.ts`,
    text: ` || found.config.get(key) === value) continue;`,
    replacement: ` || true) continue;`,
    test: topicSettings('has a problem when its retention.ms is 60000'),
  },
  {
    mutation: 'watch: a publication of some rows only has no problem',
    file: `${settings}/postgres-settings.ts`,
    text: 'filter === null ? []',
    replacement: 'true ? []',
    test: serverSettings(
      `have a problem after ALTER PUBLICATION payments_outbox SET TABLE payments.outbox WHERE (topic = 'x'), payments.debezium_heartbeat`,
    ),
  },
  {
    mutation: 'watch: a role with synchronous_commit off has no problem',
    file: `${settings}/postgres-settings.ts`,
    text: 'OVERRIDABLE.includes(name)',
    replacement: 'false',
    test: serverSettings(
      'have a problem after ALTER ROLE payments_app SET synchronous_commit = off',
    ),
  },
  {
    mutation: 'watch: every role may see which sessions hold back the log',
    file: 'tools/stack/prepare/wal-holders.ts',
    text: `  await client.query('REVOKE ALL ON FUNCTION payments.wal_holders() FROM PUBLIC');\n`,
    replacement: '',
    test: walHolders(
      'gives the auditor no other look at sessions, and the function to no other role',
    ),
  },
  {
    mutation: 'watch: a session that has only read counts as one that holds back the log',
    file: 'tools/stack/prepare/wal-holders.ts',
    text: 'WHERE backend_xid IS NOT NULL AND',
    replacement: 'WHERE',
    test: walHolders(
      'names the session that has written, without its query, and not the one that has only read',
    ),
  },
];
