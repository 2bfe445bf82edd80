import { killedBy, type Mutant } from '../mutant.js';

const spec = (name: string) => killedBy(`apps/payments/src/${name}.spec.ts`);
const circuitBreaker = spec('psp/circuit-breaker');
const pspDown = spec('psp/psp-down.int');
const dying = spec('runtime/dying-database.int');
const hanging = spec('runtime/hanging-database.int');
const refunds = spec('recovery/refunds.int');
const races = spec('recovery/races.int');
const completer = spec('recovery/completer.int');
const history = spec('any-history.int');
const database = spec('runtime/database.int');
const partitions = spec('outbox/partitions.int');
const setClock = spec('recovery/clock-that-is-set.int');
const shedding = spec('checkout/load-shedding');
const sheddingOf = spec('checkout/load-shedding.int');
const expired = spec('checkout/expired-keys.int');
const security = spec('http/security.int');

const source = (name: string) => `apps/payments/src/${name}.ts`;

/** The promises to the customer: one charge, and a correct answer about it. */
export const PAYMENTS_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'load shedding: works on as many checkouts as arrive',
    file: source('checkout/load-shedding'),
    text: 'if (this.isFull()) {',
    replacement: 'if (this.working < 0) {',
    test: shedding('lets a burst through, up to its limit'),
  },
  {
    mutation: 'load shedding: lets a queue stand that nothing leaves',
    file: source('checkout/load-shedding'),
    text: '<= burstMs;',
    replacement: '<= Infinity;',
    test: shedding('refuses when a queue stands that nothing leaves, except for a few'),
  },
  {
    mutation: 'load shedding: checks token and body before it refuses',
    file: source('checkout/load-shedding'),
    text: 'if (isCheckout && loadShedding.isFull()) {',
    replacement: 'if (!isCheckout && loadShedding.isFull()) {',
    test: sheddingOf(
      'it is refused before its token is checked and its body is read: a refusal is cheap',
    ),
  },
  {
    mutation: 'checkout: repeats the PSP request with another key',
    file: source('psp/psp'),
    text: '{ idempotencyKey: payment.id },',
    replacement: '{ idempotencyKey: payment.id + String(performance.now()) },',
    test: races(
      'the answer, the completer and the webhook bring the same capture, 200 times: one transition, one event',
    ),
  },
  {
    mutation: 'checkout: the loser of the race answers its own bytes',
    file: source('payment/finalizer'),
    text: `if (outcome === 'lost') return undefined;`,
    replacement: `if (outcome === 'lost') return answer;`,
    test: races(
      'the answer, the completer and the webhook bring the same capture, 200 times: one transition, one event',
    ),
  },
  {
    mutation: 'checkout: does not read again after an empty claim',
    file: source('checkout/claim.sql'),
    text: `if (!row) return 'again';`,
    replacement: `if (!row) return { outcome: 'claimed' };`,
    test: completer('is found by a concurrent request that waited for its key to be committed'),
  },
  {
    mutation: 'checkout: a request that lost its lease releases the claim',
    file: source('recovery/lease.sql'),
    text: `WHERE id = $1 AND lease_token = $2 AND status = 'PENDING'`,
    replacement: `WHERE id = $1 AND $2::uuid IS NOT NULL AND status IN ('PENDING', 'UNKNOWN')`,
    test: completer('can be neither released nor deferred by a request that lost its lease'),
  },
  {
    mutation: 'checkout: a timeout counts as "the PSP was not reached"',
    file: source('psp/psp'),
    text: `const noAnswer: ChargeResult = { outcome: 'unknown', next: 'repeat', because: 'psp_down' };`,
    replacement: `const noAnswer: ChargeResult = { outcome: 'not_reached' };`,
    test: history('no payment is lost, doubled or answered wrongly'),
  },
  {
    mutation: 'completer: a charge that the PSP search does not show yet counts as not charged',
    file: source('recovery/completer'),
    text: 'const SEARCH_LAG_MS = MINUTE_MS;',
    replacement: 'const SEARCH_LAG_MS = 0 * MINUTE_MS;',
    test: history('no payment is lost, doubled or answered wrongly'),
  },
  {
    mutation: 'completer: uses the wall clock, which can be set, to measure the PSP search delay',
    file: source('recovery/completer'),
    text: 'const nowMs = this.parts.clockAndIds.nowMs();',
    replacement: 'const nowMs = this.parts.clockAndIds.now().getTime();',
    test: setClock('does not turn "not found yet" into "never charged"'),
  },
  {
    mutation: 'circuit breaker: every request is a half-open trial',
    file: source('psp/circuit-breaker'),
    text: 'if (isTooEarly || this.trials[caller]) return undefined;',
    replacement: 'if (isTooEarly) return undefined;',
    test: circuitBreaker(
      'allows one trial of each caller after two seconds, and no request beside them',
    ),
  },
  {
    mutation: 'circuit breaker: one payment that fails for ever opens it',
    file: source('psp/circuit-breaker'),
    text: 'if (this.failuresInARow < FAILURES_TO_OPEN || this.failed.size < PAYMENTS_TO_OPEN) return;',
    replacement: 'if (this.failuresInARow < FAILURES_TO_OPEN) return;',
    test: circuitBreaker(
      'stays closed while the PSP fails for one payment, or for two, again and again',
    ),
  },
  {
    mutation: 'circuit breaker: payments that fail alone open it again and again',
    file: source('psp/circuit-breaker'),
    text: '    if (this.failingAlone.has(failed)) return;\n',
    replacement: '',
    test: circuitBreaker(
      'three payments that fail for ever: a checkout closes it, and they do not open it again',
    ),
  },
  {
    mutation: 'circuit breaker: a trial of the completer keeps checkouts from theirs',
    file: source('psp/circuit-breaker'),
    text: 'if (isTooEarly || this.trials[caller]) return undefined;',
    replacement:
      'if (isTooEarly || this.trials.checkout || this.trials.completer) return undefined;',
    test: circuitBreaker('gives a checkout its trial while the trial of the completer hangs'),
  },
  {
    mutation: 'circuit breaker: a request that started before it opened still calls the PSP',
    file: source('psp/circuit-breaker'),
    text: `    if (this.state !== 'closed' && !permit.isTrial) return { outcome: 'not_reached' };\n`,
    replacement: '',
    test: circuitBreaker('makes no call with a permit from before it opened'),
  },
  {
    mutation: 'circuit breaker: a wall clock that steps back prevents the trial',
    file: source('psp/circuit-breaker'),
    text: 'this.nowMs = options.nowMs;',
    replacement: 'this.nowMs = () => Date.now();',
    test: circuitBreaker('runs the trial although the wall clock steps back'),
  },
  {
    mutation: 'circuit breaker: refuses a replay because the PSP is down',
    file: source('checkout/checkout'),
    text: 'if (!permit) return await this.answerWithoutPsp(request);',
    replacement: `if (!permit) throw paymentsProblem('psp_unavailable');`,
    test: pspDown('a replay gets its stored response, and a paid order is still a 409'),
  },
  {
    mutation: 'bulkhead: no limit of requests that wait for the PSP',
    file: source('psp/circuit-breaker'),
    text: '    if (this.checkouts >= CHECKOUTS_MAX) return undefined;\n',
    replacement: '',
    test: circuitBreaker(
      'refuses a checkout while 250 wait for the PSP; the completer still gets a permit',
    ),
  },
  {
    mutation: 'bulkhead: never releases a permit',
    file: source('checkout/checkout'),
    text: `      permit.release();
`,
    replacement: `      await Promise.resolve();
`,
    test: pspDown(
      'hanging, it holds at most 250 checkouts; the others are 503, and reads still work',
    ),
  },
  {
    mutation: 'refunds: a capture for a failed payment is not refunded',
    file: source('payment/finalizer'),
    text: '        await this.refundCaptureWithoutPayment(current, chargeOutcome);\n',
    replacement: '',
    test: refunds('is refunded once, on record, counted, and the payment stays what it is'),
  },
  {
    mutation: 'database: a payment becomes PENDING again',
    file: source('migrations/0001-payments'),
    text: `WITH CHECK (status <> 'PENDING')`,
    replacement: `WITH CHECK (status <> 'nothing')`,
    test: database('to make a payment PENDING again'),
  },
  {
    mutation: 'database: a lost connection without an error listener ends the process',
    file: 'libs/postgres/src/postgres-options.ts',
    text: '      onConnect: ignoreConnectionErrors,\n',
    replacement: '',
    test: dying('a database that dies during the handshake fails a query, not the process'),
  },
  {
    mutation: 'database: waits for a hanging connection without a limit',
    file: 'libs/postgres/src/postgres-options.ts',
    text: '      query_timeout: options.queryTimeoutMs ?? QUERY_TIMEOUT_MS,\n',
    replacement: '',
    test: hanging(
      'is a 503 to a checkout that was charged; it is finalized late, once, and the key replays it',
    ),
  },
  {
    mutation: 'database: reuses a connection that stopped answering',
    file: 'libs/postgres/src/postgres-options.ts',
    text: '    subscribers: [CloseUnusableConnection],\n',
    replacement: '',
    test: hanging('has no connection reused on which it stopped answering'),
  },
  {
    mutation: 'metrics: one metric without an answer fails the whole scrape',
    file: 'libs/platform/src/metrics.ts',
    text: 'await withTimeout(reading, READ_TIMEOUT_MS);',
    replacement: 'await reading;',
    test: hanging('hides no other metric, and its own are absent, not old'),
  },
  {
    mutation: 'outbox: drops a day that the connector has not read',
    file: source('migrations/0002-outbox'),
    text: '        AND active AND confirmed_flush_lsn IS NOT NULL',
    replacement: '        AND confirmed_flush_lsn IS NOT NULL',
    test: partitions(
      'stays while no connector reads: also while Debezium takes its snapshot, which holds no slot',
    ),
  },
  {
    mutation: 'outbox: drops a day although the connector confirms nothing',
    file: source('migrations/0002-outbox'),
    text: 'AND age(beat.xmin) > age(slot.catalog_xmin)',
    replacement: '',
    test: partitions('stays while the connector reads and confirms nothing'),
  },
  {
    mutation: 'idempotency keys: deletes one batch a minute, fewer than are created',
    file: source('checkout/expired-keys'),
    text: 'while (forgotten === BATCH_MAX && !signal.aborted) forgotten',
    replacement: 'if (!signal.aborted) forgotten',
    test: expired('is forgotten in the run in which it is due, with any number of others'),
  },
  {
    mutation: 'security: shows the payment of another user',
    file: source('payment/payments.controller'),
    text: 'this.find({ id, userId })',
    replacement: 'this.find({ id } as never)',
    test: security('of an operator shows no payments of other users'),
  },
];
