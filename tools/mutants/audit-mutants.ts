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
    mutation: 'audit: everything is judged in one bucket',
    file: 'libs/audit/src/evidence/collect-evidence.ts',
    text: 'const PAYMENTS_PER_BUCKET = 2_500;',
    replacement: 'const PAYMENTS_PER_BUCKET = 2_500_000;',
    test: killedBy('libs/audit/src/audit.memory.spec.ts')(
      'four times the payments take no more memory to audit',
    ),
  },
  {
    mutation: 'audit: an entry for another amount passes for the points',
    file: 'libs/audit/src/invariants/i06-points.ts',
    text: 'contentOf(entry) !== contentOf(payment)',
    replacement: 'entry.userId === undefined',
    test: killedBy('libs/audit/src/invariants/i06-points.spec.ts')(
      'names a payment whose entry has another {"amountMinor":1300}',
    ),
  },
  {
    mutation: 'audit: a document for another amount passes for the document',
    file: 'libs/audit/src/invariants/i08-documents.ts',
    text: 'contentOf(document) !== contentOf(payment)',
    replacement: 'document.userId === undefined',
    test: killedBy('libs/audit/src/invariants/i08-documents.spec.ts')(
      'names a document of the same version that has another {"amountMinor":1300}',
    ),
  },
  {
    mutation: 'audit: what the console has not come to is called lost',
    file: conserved,
    text: 'if (record.offset < next) {',
    replacement: 'if (record.offset < next || true) {',
    test: deadLetters('calls one late that the console has not come to'),
  },
  {
    mutation: 'audit: a dead letter called redriven need not have been sent',
    file: conserved,
    text: 'if (isRedriven && !evidence.redriveRecords.has(letter)) {',
    replacement: 'if (isRedriven && !isRedriven) {',
    test: deadLetters(
      'names what is called redriven and was not sent, unless it may have aged out',
    ),
  },
  {
    mutation: 'audit: anybody may redrive what is pending',
    file: conserved,
    text: "row?.state === 'pending' && row.isBeingRedriven",
    replacement: "row?.state === 'pending'",
    test: deadLetters('names what was sent again although it is pending'),
  },
  {
    mutation: 'audit: a redrive that was not marked is not asked for again',
    file: older,
    text: 'const rows = await stores.deadLettersNow(unmarked);',
    replacement: 'const rows = await stores.deadLettersNow(unmarked.slice(unmarked.length));',
    test: collecting('never accuses an honest system, whatever happens between two readings'),
  },
  {
    mutation: 'audit of late: the first half of what is there twice is not looked up',
    file: older,
    text: 'await stores.older(outside, (fact) => void facts.push(fact));',
    replacement: '',
    test: lookUps('names a second capture whose first is older'),
  },
  {
    mutation: 'audit of late: the capture from before the beginning is not looked up',
    file: older,
    text: 'await stores.chargesOf([...crossingIds], (charge) => addFact(charge, known));',
    replacement: '',
    test: lookUps(
      'finds the capture from before the beginning, of a payment that completed after it',
    ),
  },
  {
    mutation: 'audit of late: an older payment is said to lack what was not read',
    file: 'libs/audit/src/evidence/missing-effect.ts',
    text: "if (completedAtMs < (evidence.sinceMs ?? 0)) return { outcome: 'not_judged' };",
    replacement: '',
    test: lookUps('does not say that an older payment lacks what was not read of it'),
  },
  {
    mutation: 'audit: a redrive that came to nothing is forgotten with its topic',
    file: 'libs/audit/src/evidence/missing-effect.ts',
    text: "    ...states.filter(({ state }) => state === 'redriven'),\n",
    replacement: '',
    test: turns(
      'is lost when its dead letter was redriven so long ago that the redrive has aged out',
    ),
  },
  {
    mutation: 'audit: a lost event is late again when the outbox has dropped its row',
    file: 'libs/audit/src/evidence/missing-effect.ts',
    text: 'evidence.slotPassedSnapshot ? outboxKeptSinceMs(evidence) : keptSinceMs',
    replacement: 'keptSinceMs',
    test: turns(
      'is late while I3 names the missing event, and lost when its outbox row may be gone',
    ),
  },
  {
    mutation: 'audit: of an old event nobody waits for the slot',
    file: 'libs/audit/src/evidence/collect-evidence.ts',
    text: '[...rows, ...rowMayBeGone].every',
    replacement: 'rows.every',
    test: collecting('names one whose event never came, and looks at the slot until that is sure'),
  },
  {
    mutation: 'standing audit: a violation ends by becoming old',
    file: goesOn,
    text: "|| latest?.invariants.some(({ status }) => status === 'violated')",
    replacement: '',
    test: standing('looks at all payments until nothing is violated any more'),
  },
  {
    mutation: 'standing audit: two run at once',
    file: goesOn,
    text: 'const turn = this.before.then(run, run);',
    replacement: 'const turn = run();',
    test: standing('never runs twice at once, whoever asks'),
  },
  {
    mutation: 'standing audit: one that failed still says why after one that was finished',
    file: 'apps/console/src/audit/audit-metrics.ts',
    text: "      duration.set({ kind: since ? 'incremental' : 'full' }, durationMs / 1_000);\n      unfinished.reset();",
    replacement:
      "      duration.set({ kind: since ? 'incremental' : 'full' }, durationMs / 1_000);",
    test: metrics('an audit that cannot be finished names the store, and changes no verdict'),
  },
];
