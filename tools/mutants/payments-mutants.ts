import { killedBy, type Mutant } from './mutant.js';

const spec = (name: string) => killedBy(`apps/payments/src/${name}.spec.ts`);
const door = spec('psp/circuit-breaker');
const pspDown = spec('psp/psp-down.int');
const dying = spec('runtime/dying-database.int');
const hanging = spec('runtime/hanging-database.int');
const refunds = spec('recovery/refunds.int');
const races = spec('recovery/races.int');
const completer = spec('recovery/completer.int');
const history = spec('any-history.int');
const database = spec('runtime/database.int');
const days = spec('outbox/partitions.int');
const setClock = spec('recovery/clock-that-is-set.int');
const expired = spec('checkout/expired-keys.int');
const stranger = spec('http/security.int');

const source = (name: string) => `apps/payments/src/${name}.ts`;

/** The promises to the customer: one charge, and a correct answer about it. */
export const PAYMENTS_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'checkout: the PSP is asked again with another key',
    file: source('psp/psp'),
    text: '{ idempotencyKey: payment.id },',
    replacement: '{ idempotencyKey: payment.id + String(performance.now()) },',
    test: races(
      'the answer, the completer and the webhook bring the same capture, 200 times: one transition, one event',
    ),
  },
  {
    mutation: 'checkout: who loses the race answers his own bytes',
    file: source('payment/finalizer'),
    text: `if (outcome === 'lost') return undefined;`,
    replacement: `if (outcome === 'lost') return answer;`,
    test: races(
      'the answer, the completer and the webhook bring the same capture, 200 times: one transition, one event',
    ),
  },
  {
    mutation: 'checkout: an empty claim is not read again',
    file: source('checkout/claim.sql'),
    text: `if (!row) return 'again';`,
    replacement: `if (!row) return { outcome: 'claimed' };`,
    test: completer('is found by a twin that waited for its key to be committed'),
  },
  {
    mutation: 'checkout: a claim is given up by a request that lost its lease',
    file: source('recovery/lease.sql'),
    text: `WHERE id = $1 AND lease_token = $2 AND status = 'PENDING'`,
    replacement: `WHERE id = $1 AND $2::uuid IS NOT NULL AND status IN ('PENDING', 'UNKNOWN')`,
    test: completer(
      'can be neither given up nor put off any more by a request that lost its lease',
    ),
  },
  {
    mutation: 'checkout: silence is taken for "not reached"',
    file: source('psp/psp'),
    text: `const noAnswer: ChargeResult = { outcome: 'unknown', next: 'repeat', because: 'psp_down' };`,
    replacement: `const noAnswer: ChargeResult = { outcome: 'not_reached' };`,
    test: history('no payment is lost, doubled or lied about'),
  },
  {
    mutation: 'completer: what the search does not show yet was never charged',
    file: source('recovery/completer'),
    text: 'const SEARCH_LAG_MS = MINUTE_MS;',
    replacement: 'const SEARCH_LAG_MS = 0 * MINUTE_MS;',
    test: history('no payment is lost, doubled or lied about'),
  },
  {
    mutation: 'completer: how long the search has had is told by a clock that may be set',
    file: source('recovery/completer'),
    text: 'const nowMs = this.parts.clockAndIds.nowMs();',
    replacement: 'const nowMs = this.parts.clockAndIds.now().getTime();',
    test: setClock('does not make "not found yet" into "never charged"'),
  },
  {
    mutation: 'circuit: everybody tries at once whether the PSP is back',
    file: source('psp/circuit-breaker'),
    text: 'if (this.trial || this.options',
    replacement: 'if (this.options',
    test: door('lets one try after a while, and nobody beside it'),
  },
  {
    mutation: 'circuit: who came in before it shut still asks',
    file: source('psp/circuit-breaker'),
    text: `    if (this.policy.state !== CircuitState.Closed && !pass.isTrial)
      return { outcome: 'not_reached' };
`,
    replacement: '',
    test: door('does not let somebody ask who came in before it shut'),
  },
  {
    mutation: 'circuit: a wall clock that steps back forbids the trial',
    file: source('psp/circuit-breaker'),
    text: 'halfOpenAfter: Number.NEGATIVE_INFINITY',
    replacement: 'halfOpenAfter: 0',
    test: door('asks in the trial whatever the wall clock says meanwhile'),
  },
  {
    mutation: 'circuit: a replay is refused because the PSP is down',
    file: source('checkout/checkout'),
    text: 'if (!pass) return await this.payLater(request);',
    replacement: `if (!pass) throw paymentsProblem('psp_unavailable');`,
    test: pspDown('whoever is paid is told so, and a paid order is still paid'),
  },
  {
    mutation: 'bulkhead: as many wait for the PSP as come',
    file: source('psp/circuit-breaker'),
    text: '    if (this.checkouts >= CHECKOUTS_MAX) return undefined;\n',
    replacement: '',
    test: door(
      'is full when as many are waiting as may, until one of them leaves; the completer still gets in',
    ),
  },
  {
    mutation: 'bulkhead: a place is never given back',
    file: source('checkout/checkout'),
    text: `      pass.leave();
`,
    replacement: `      await Promise.resolve();
`,
    test: pspDown(
      'hanging, it holds no more checkouts than there are places; the others are 503, and reads go on',
    ),
  },
  {
    mutation: 'refunds: money taken for a payment that failed is kept',
    file: source('payment/finalizer'),
    text: '        await this.giveBackSurplus(current, verdict);\n',
    replacement: '',
    test: refunds('is refunded once, on record, counted, and the payment stays what it is'),
  },
  {
    mutation: 'database: a payment becomes PENDING again',
    file: source('migrations/1795219200006-no-way-back'),
    text: `WITH CHECK (status <> 'PENDING')`,
    replacement: `WITH CHECK (status <> 'nothing')`,
    test: database('to make a payment PENDING again'),
  },
  {
    mutation: 'database: a connection that dies unheard ends the process',
    file: source('runtime/database'),
    text: '      onConnect: hearErrors,\n',
    replacement: '',
    test: dying('a database that dies while it greets fails a query, not the process'),
  },
  {
    mutation: 'database: one that hangs is waited for without end',
    file: source('runtime/database'),
    text: '      query_timeout: ANSWER_TIMEOUT_MS,\n',
    replacement: '',
    test: hanging(
      'is a 503 to a checkout that was charged; it settles late, once, and the key says so',
    ),
  },
  {
    mutation: 'database: a connection that fell silent is used again',
    file: source('runtime/database'),
    text: '    subscribers: [HangUpOnSilence],\n',
    replacement: '',
    test: hanging('has no connection used again that it fell silent on'),
  },
  {
    mutation: 'metrics: one that is not answered takes the whole scrape with it',
    file: 'libs/platform/src/metrics.ts',
    text: 'await Promise.race([asked, tooLate]);',
    replacement: 'await asked;',
    test: hanging('takes no other metric away, and its own are absent, not old'),
  },
  {
    mutation: 'outbox: a day is dropped though nobody has read it',
    file: source('migrations/1795219200008-outbox-days-until-read'),
    text: '        AND active AND confirmed_flush_lsn IS NOT NULL',
    replacement: '        AND confirmed_flush_lsn IS NOT NULL',
    test: days(
      'stays while nobody reads: also while Debezium takes its snapshot, which holds no slot',
    ),
  },
  {
    mutation: 'outbox: a day is dropped by a connector that confirms nothing',
    file: source('migrations/1795219200008-outbox-days-until-read'),
    text: 'AND age(beat.xmin) > age(slot.catalog_xmin)',
    replacement: '',
    test: days('stays while the connector reads and confirms nothing'),
  },
  {
    mutation: 'keys: one batch of expired keys a minute, which is less than are made',
    file: source('checkout/expired-keys'),
    text: 'while (forgotten === BATCH_MAX && !signal.aborted) forgotten',
    replacement: 'if (!signal.aborted) forgotten',
    test: expired('is forgotten in the run it is due in, with however many others'),
  },
  {
    mutation: "security: another's payment is shown",
    file: source('payment/payments.controller'),
    text: 'this.find({ id, userId })',
    replacement: 'this.find({ id } as never)',
    test: stranger('who is an operator sees no payments of others here'),
  },
];
