import { killedBy, type Mutant } from '../mutant.js';

const webhook = killedBy('apps/payments/src/recovery/webhook.int.spec.ts');
const completed = killedBy('apps/payments/src/payment/completed-here.spec.ts');
const loyalty = killedBy('apps/loyalty/src/loyalty.idempotency.int.spec.ts');
const search = killedBy('apps/search/src/search.idempotency.int.spec.ts');
const order = killedBy('apps/payments/src/checkout/order.int.spec.ts');
const auth = killedBy('libs/platform/src/http/auth.spec.ts');
const stopping = killedBy('libs/platform/src/http/app.int.spec.ts');
const outsideNest = killedBy('libs/platform/src/http/outside-nest.int.spec.ts');
const pspUnits = killedBy('libs/contracts/src/money/psp-units.spec.ts');
const loyaltyStrategy = 'apps/loyalty/src/loyalty.idempotency.ts';
const completedHere = 'apps/payments/src/payment/completed-here.ts';
const searchStrategy = 'apps/search/src/search.idempotency.ts';

/** The promise of each strategy: a redelivered record or webhook has no second effect. */
export const STRATEGY_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'loyalty: an existing entry is a failure instead of a duplicate',
    file: loyaltyStrategy,
    text: '    ON CONFLICT (payment_id) DO NOTHING\n',
    replacement: '',
    test: loyalty('an event is applied once; delivered again, it changes nothing'),
  },
  {
    mutation: 'loyalty: balances change by the requested entries, not by the written ones',
    file: loyaltyStrategy,
    text: 'SELECT user_id, sum(points)::bigint FROM entry GROUP BY',
    replacement:
      'SELECT user_id, sum(points)::bigint FROM unnest($2::text[], $5::bigint[]) AS d (user_id, points) GROUP BY',
    test: loyalty('an event is applied once; delivered again, it changes nothing'),
  },
  {
    mutation: 'loyalty: the same payment with other content counts as a duplicate',
    file: loyaltyStrategy,
    text: 'return differing.length > 0\n',
    replacement: 'return differing.length > 9\n',
    test: loyalty('the same payment with another currency is a collision, and changes nothing'),
  },
  {
    mutation: 'loyalty: one invalid entry fails the 199 others in its batch',
    file: loyaltyStrategy,
    text: `entries.length > 1
        ? await writeOneByOne(entries, (one) => this.write(one))
        : [rejected(failure)]`,
    replacement: 'entries.map(() => rejected(failure))',
    test: loyalty('one invalid entry fails alone, and the other 199 are exact'),
  },
  {
    mutation: 'search: documents carry no external version',
    file: searchStrategy,
    text: `            version: document.paymentVersion,
            version_type: 'external',
`,
    replacement: '',
    test: search('an old version does not overwrite a newer one'),
  },
  {
    mutation: 'search: a successful bulk request counts for all its documents',
    file: searchStrategy,
    text: ': outcomeOf(items[index]),',
    replacement: ": { status: 'fulfilled', value: 'applied' },",
    test: search('one invalid document fails alone, and the other 199 are written'),
  },
  {
    mutation: 'search: the same payment with other content counts as a duplicate',
    file: searchStrategy,
    text: 'return differing.length > 0\n',
    replacement: 'return differing.length > 9\n',
    test: search('the same payment with another currency is a collision, and changes nothing'),
  },
  {
    mutation: 'checkout: leaves amounts that the PSP cannot take to the PSP',
    file: 'apps/payments/src/checkout/order.ts',
    text: 'if (refusal) faults',
    replacement: 'if (refusal && !refusal.why) faults',
    test: order('for fils names each fault by its pointer and stores nothing'),
  },
  {
    mutation: 'money: the PSP is asked for krónur as if they had no decimals there',
    file: 'libs/contracts/src/money/psp-units.ts',
    text: 'if (ALWAYS_00.has(currency)) return 2 - minorDigits(currency);',
    replacement: '',
    test: pspUnits('the PSP is asked for 5 minor units of ISK with 500'),
  },
  {
    mutation: 'token: a number as sub is a user id',
    file: 'libs/platform/src/http/auth.ts',
    text: "typeof userId !== 'string' || !USER_ID.test(userId)",
    replacement: '!USER_ID.test(String(userId))',
    test: auth('the sub 5 is 401, and names the rule'),
  },
  {
    mutation: 'http: answers garbage while a request before it is worked on',
    file: 'libs/platform/src/http/outside-nest.ts',
    text: '(response.headersSent || response.req.complete)',
    replacement: 'response.headersSent',
    test: outsideNest('garbage behind a request that is worked on is not read as its answer'),
  },
  {
    mutation: 'http: a process that stops keeps the connections of its last requests',
    file: 'libs/platform/src/http/outside-nest.ts',
    text: "if (isClosing) void reply.header('connection', 'close');",
    replacement: 'if (isClosing) void reply;',
    test: stopping(
      'stops with the answer to its last request, and ends the connection of that request',
    ),
  },
  {
    mutation: 'webhook: asks no database, whichever charge it names',
    file: completedHere,
    text: 'return this.pspReferences.get(payment.id) === payment.pspReference;',
    replacement: 'return this.pspReferences.has(payment.id);',
    test: webhook('asks the database about another PSP reference, and leaves it to the operator'),
  },
  {
    mutation: 'webhook: believes a statement before it has succeeded',
    file: completedHere,
    text: 'this.underWay.set(id, statement);',
    replacement: 'this.pspReferences.set(id, String(pspReference));',
    test: completed(
      'a payment is not known when its statement failed, because nothing says what it did',
    ),
  },
  {
    mutation: 'every consumer: reads the amount of version 2 in major units',
    file: 'libs/contracts/src/payment-completed-versions.ts',
    text: 'amountMinor: amount.minor,',
    replacement: 'amountMinor: amount.minor * 100,',
    test: killedBy('apps/loyalty/src/recorded-versions.int.spec.ts')(
      'the recorded bytes of version 2 award their points once',
    ),
  },
];
