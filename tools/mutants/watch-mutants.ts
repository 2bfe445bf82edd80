import { killedBy, type Mutant } from './mutant.js';

const groups = 'apps/console/src/pipeline/groups';
const settings = 'apps/console/src/pipeline/settings';
const groupLag = killedBy(`${groups}/group-lag.spec.ts`);
const settingsWatch = killedBy('libs/platform/src/settings-watch.spec.ts');
const topicSettings = killedBy(`${settings}/settings.spec.ts`);
const serverSettings = killedBy(`${settings}/settings.int.spec.ts`);
const walHolders = killedBy('tools/stack/prepare/wal-holders.int.spec.ts');
const supervision = 'tools/stack/native/supervision';
const planRewind = killedBy('tools/replay/offsets/plan-rewind.spec.ts');
const rewindGroup = killedBy('tools/replay/offsets/rewind-group.spec.ts');
const knownEffects = killedBy('tools/replay/known-effects.spec.ts');
const sendPayments = killedBy('tools/replay/from-payments/send-payments.spec.ts');
const stoppableApps = killedBy(`${supervision}/stoppable-apps.spec.ts`);
const control = killedBy(`${supervision}/control.spec.ts`);

/**
 * The promises about what is watched from outside (nothing is stalled or drifts in silence), and
 * about the operator's replay (it skips nothing, mails nothing twice, and leaves nothing stopped).
 */
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
  {
    mutation: 'replay: the offsets of a group go forward, and records are skipped',
    file: 'tools/replay/offsets/plan-rewind.ts',
    text: 'return from < committed ?',
    replacement: 'return from !== committed ?',
    test: planRewind('never goes forward: that would skip records'),
  },
  {
    mutation: 'replay: a receipt without a marker is mailed although the provider has accepted it',
    file: 'tools/replay/known-effects.ts',
    text: 'wouldRepeat: mailed',
    replacement: 'wouldRepeat: NONE',
    test: knownEffects(
      'one without a marker that the mail provider has accepted would be mailed twice',
    ),
  },
  {
    mutation: 'replay: sends a receipt that would be mailed a second time',
    file: 'tools/replay/from-payments/send-payments.ts',
    text: 'if (known.wouldRepeat.has(paymentId)) {',
    replacement: 'if (false) {',
    test: sendPayments('leaves out a receipt that would be mailed a second time'),
  },
  {
    mutation: 'replay: a consumer stays stopped after a failure',
    file: 'tools/replay/offsets/rewind-group.ts',
    text: 'await control.start(consumer);',
    replacement: '',
    test: rewindGroup('starts it again when the offsets are refused'),
  },
  {
    mutation: 'replay: sets offsets when the supervisor may have started the consumer',
    file: 'tools/replay/offsets/rewind-group.ts',
    text: 'if (now() > setBeforeMs)',
    replacement: 'if (false)',
    test: rewindGroup('sets nothing close to the deadline: the supervisor may have started it'),
  },
  {
    mutation: 'supervisor: a command that dies leaves an app stopped',
    file: `${supervision}/stoppable-apps.ts`,
    text: 'void this.startAtDeadline(name)',
    replacement: 'undefined',
    test: stoppableApps('starts it at the deadline if no command does, and says so'),
  },
  {
    mutation: 'supervisor: every account may stop its apps',
    file: `${supervision}/control-server.ts`,
    text: 'const OWNER_ONLY = 0o177;',
    replacement: 'const OWNER_ONLY = 0o022;',
    test: control('is closed to every other account'),
  },
  {
    mutation: 'supervisor: two commands stop the same app',
    file: `${supervision}/stoppable-apps.ts`,
    text: 'if (this.deadlines.has(name)) throw',
    replacement: 'if (false) throw',
    test: stoppableApps('refuses to stop an app that another command has stopped'),
  },
  {
    mutation: 'supervisor: starts an app at its deadline while the stack stops',
    file: `${supervision}/stoppable-apps.ts`,
    text: 'for (const deadline of this.deadlines.values()) clearTimeout(deadline);',
    replacement: '',
    test: stoppableApps('a stack that stops starts no app at its deadline'),
  },
];
