import { killedBy, type Mutant } from './mutant.js';

const deadLetters = killedBy('libs/audit/src/invariants/i10-dead-letters.spec.ts');
const lookUps = killedBy('libs/audit/src/evidence/look-ups.spec.ts');
const turns = killedBy('libs/audit/src/evidence/missing-effect.spec.ts');
const standing = killedBy('apps/console/src/audit/standing-audit.spec.ts');
const metrics = killedBy('apps/console/src/audit/audit-metrics.spec.ts');
const collecting = killedBy('libs/audit/src/evidence/collect-evidence.spec.ts');

const conserved = 'libs/audit/src/invariants/i10-dead-letters.ts';
const older = 'libs/audit/src/evidence/look-ups.ts';
const goesOn = 'apps/console/src/audit/standing-audit.ts';

/** The promises of the auditor: it reports every violation, and no correct payment. */
export const AUDIT_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'audit: judges all payments in one partition',
    file: 'libs/audit/src/evidence/collect-evidence.ts',
    text: 'const PAYMENTS_PER_BUCKET = 2_500;',
    replacement: 'const PAYMENTS_PER_BUCKET = 2_500_000;',
    test: killedBy('libs/audit/src/audit.memory.int.spec.ts')(
      'an audit of four times the payments takes no more memory',
    ),
  },
  {
    mutation: 'audit: accepts a points entry with another amount',
    file: 'libs/audit/src/invariants/i06-points.ts',
    text: 'contentOf(entry) !== contentOf(payment)',
    replacement: 'entry.userId === undefined',
    test: killedBy('libs/audit/src/invariants/i06-points.spec.ts')(
      'names a payment whose entry has another {"amountMinor":1300}',
    ),
  },
  {
    mutation: 'audit: accepts a document with another amount',
    file: 'libs/audit/src/invariants/i08-documents.ts',
    text: 'contentOf(document) !== contentOf(payment)',
    replacement: 'document.userId === undefined',
    test: killedBy('libs/audit/src/invariants/i08-documents.spec.ts')(
      'names a document of the same version that has another {"amountMinor":1300}',
    ),
  },
  {
    mutation: 'audit: reports records that the console has not read yet as lost',
    file: conserved,
    text: 'if (record.offset < next) {',
    replacement: 'if (record.offset < next || true) {',
    test: deadLetters('reports a dead letter as late that the console has not ingested yet'),
  },
  {
    mutation: 'audit: asks for the record of a dead letter whose topic was made anew',
    file: conserved,
    text: ' && !row.isRecordGone',
    replacement: '',
    test: deadLetters(
      'names a row without a record, unless it may have aged out or its topic was made anew',
    ),
  },
  {
    mutation: 'audit: accepts a redriven dead letter whose record was never sent',
    file: conserved,
    text: 'if (isRedriven && !evidence.redriveRecords.has(letter)) {',
    replacement: 'if (isRedriven && !isRedriven) {',
    test: deadLetters(
      'names a redriven row without a redrive, unless the redrive may have aged out',
    ),
  },
  {
    mutation: 'audit: accepts a redriven record of a dead letter that is still pending',
    file: conserved,
    text: "row?.state === 'pending' && row.isBeingRedriven",
    replacement: "row?.state === 'pending'",
    test: deadLetters('names a redrive of a dead letter that is pending'),
  },
  {
    mutation: 'audit: does not look up a redrive that is not yet marked',
    file: older,
    text: 'const rows = await stores.deadLettersNow(notRedriven);',
    replacement: 'const rows = await stores.deadLettersNow(notRedriven.slice(notRedriven.length));',
    test: collecting('never reports a correct system, whatever happens between two readings'),
  },
  {
    mutation: 'audit --since: does not look up the older half of a doubled effect',
    file: older,
    text: 'await stores.older(outside, (fact) => void facts.push(fact));',
    replacement: '',
    test: lookUps('names a second capture whose first capture is older'),
  },
  {
    mutation: 'audit --since: does not look up a capture from before the start',
    file: older,
    text: 'await stores.chargesOf([...crossingIds], (charge) => addFact(charge, known));',
    replacement: '',
    test: lookUps(
      'finds the capture of a payment that was captured before the audited part and completed in it',
    ),
  },
  {
    mutation: 'audit --since: reports unread effects of an older payment as missing',
    file: 'libs/audit/src/evidence/missing-effect.ts',
    text: "if (completedAtMs < (evidence.sinceMs ?? 0)) return { outcome: 'not_judged' };",
    replacement: '',
    test: lookUps('does not report evidence of an older payment as missing if it was not read'),
  },
  {
    mutation: 'audit: forgets a failed redrive together with its topic',
    file: 'libs/audit/src/evidence/missing-effect.ts',
    text: "    ...states.filter(({ state }) => state === 'redriven'),\n",
    replacement: '',
    test: turns('is lost if its redrive is so old that it has left the topic'),
  },
  {
    mutation: 'audit: a lost event becomes late again when the outbox drops its row',
    file: 'libs/audit/src/evidence/missing-effect.ts',
    text: 'evidence.slotPassedSnapshot ? outboxKeptSinceMs(evidence) : keptSinceMs',
    replacement: 'keptSinceMs',
    test: turns(
      'is late while I3 names the missing event, and lost once its outbox row may be dropped',
    ),
  },
  {
    mutation: 'audit: does not wait for the slot before it judges an old event',
    file: 'libs/audit/src/evidence/collect-evidence.ts',
    text: '[...rows, ...rowMayBeGone].every',
    replacement: 'rows.every',
    test: collecting('names one whose event never arrived, after it has waited for the slot'),
  },
  {
    mutation: 'standing audit: a violation ends when it gets old',
    file: goesOn,
    text: "|| latest?.invariants.some(({ status }) => status === 'violated')",
    replacement: '',
    test: standing('runs full audits until one finds no violation'),
  },
  {
    mutation: 'standing audit: two audits run at the same time',
    file: goesOn,
    text: 'const current = this.previous.then(run, run);',
    replacement: 'const current = run();',
    test: standing('never runs two audits at once'),
  },
  {
    mutation: 'standing audit: still reports an old failure after a finished audit',
    file: 'apps/console/src/audit/audit-metrics.ts',
    text: "      duration.set({ kind: since ? 'incremental' : 'full' }, durationMs / 1_000);\n      unfinished.reset();",
    replacement:
      "      duration.set({ kind: since ? 'incremental' : 'full' }, durationMs / 1_000);",
    test: metrics('an audit that cannot finish names the store, and changes no verdict'),
  },
  {
    mutation: 'audit of one payment: judges a receipt although Redis cannot be read',
    file: 'libs/audit/src/one-payment/judge.ts',
    text: 'I7: [STORES.mails, STORES.redis, STORES.kafka, STORES.console],',
    replacement: 'I7: [STORES.mails, STORES.kafka, STORES.console],',
    test: killedBy('libs/audit/src/one-payment/one-payment.int.spec.ts')(
      'names a store that does not answer, and judges nothing that needs it',
    ),
  },
  {
    mutation: 'verdict: counts findings, so that one lost event is four payments',
    file: 'libs/audit/src/verdict.ts',
    text: 'invariants.flatMap(of.named).map(({ id }) => id)',
    replacement: 'invariants.flatMap(of.named)',
    test: killedBy('libs/audit/src/verdict.spec.ts')(
      'counts a payment once, however many invariants name it',
    ),
  },
  {
    mutation: 'verdict: shows old numbers after an audit that failed',
    file: 'apps/console/src/control-room/verdict.ts',
    text: 'if (failure instanceof UnreadableStore) return `${failure.store} cannot be read`;',
    replacement: '',
    test: killedBy('apps/console/src/control-room/verdict.spec.ts')(
      'is stale after an audit that failed, and names the store that cannot be read',
    ),
  },
];
