import { killedBy, type Mutant } from '../mutant.js';

const email = killedBy('apps/email/src/email.idempotency.int.spec.ts');
const receipt = killedBy('apps/email/src/send-receipt.int.spec.ts');
const redis = killedBy('apps/email/src/servers/redis.int.spec.ts');
const lostMarkers = killedBy('apps/email/src/servers/redis-lost-markers.int.spec.ts');
const emailStrategy = 'apps/email/src/email.idempotency.ts';

/** The promises of email: a lease before the mail, a marker after it, and evidence between. */
export const EMAIL_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'email: sends the mail without a claim',
    file: emailStrategy,
    text: `redis.call('SET', KEYS[1],
  'P:' .. ARGV[1] .. ':' .. string.format('%d', now + ARGV[2]) .. ':' .. attempt, 'PX', ARGV[3])
`,
    replacement: '',
    test: email('claims before it sends, so that a concurrent delivery has to retry later'),
  },
  {
    mutation: 'email: takes over an expired claim without evidence',
    file: emailStrategy,
    text: `  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*',
    'paymentId', ARGV[5], 'messageId', ARGV[6], 'at', ARGV[7])
`,
    replacement: '',
    test: email(
      'takes over the expired claim of a dead process, and writes evidence before it sends',
    ),
  },
  {
    mutation: 'email: takes over a lease before it expires',
    file: emailStrategy,
    text: `  if tonumber(leaseUntil) > now then return {'leased_elsewhere', tonumber(leaseUntil) - now} end\n`,
    replacement: '',
    test: email('claims before it sends, so that a concurrent delivery has to retry later'),
  },
  {
    mutation: 'email: sets the deduplication marker without owning the claim',
    file: emailStrategy,
    text: "const MARK_DONE = `${OWNED} redis.call('SET'",
    replacement: "const MARK_DONE = `redis.call('SET'",
    test: email(
      'neither writes the marker nor releases the lease of a receipt that another delivery took over',
    ),
  },
  {
    mutation: 'email: releases a claim although the mail may have been sent',
    file: emailStrategy,
    text: 'if (error instanceof MaybeSent) await this.claims.endLease(claim);\n      else ',
    replacement: '',
    test: email('writes evidence before it sends again after a lost reply'),
  },
  {
    mutation: 'email: mails an event again that is older than its deduplication marker',
    file: emailStrategy,
    text: 'Date.now() - atMs > ASK_PROVIDER_AFTER_MS || ',
    replacement: '',
    test: email('asks the provider before it sends for an event older than six days'),
  },
  {
    mutation: 'email: claims while Redis may evict deduplication markers',
    file: emailStrategy,
    text: `if policy ~= 'noeviction' then return {'evicting', policy} end\n`,
    replacement: '',
    test: email(
      'claims nothing from the moment on at which the policy is volatile-lru, and sends again when it is back',
    ),
  },
  {
    mutation: 'email: mails again after Redis has evicted the marker',
    file: 'apps/email/src/receipt-claims.ts',
    text: "evicted === '0' ? ",
    replacement: 'true ? ',
    test: email(
      'asks the provider before it sends once keys were evicted, because a marker may be gone',
    ),
  },
  {
    mutation: 'email: mails again after Redis lost the marker',
    file: emailStrategy,
    text: ' || atMs < claim.markersSinceMs',
    replacement: '',
    test: lostMarkers('mails no receipt a second time whose marker is gone'),
  },
  {
    mutation: 'email: takes a replica that took over for the server that wrote the markers',
    file: emailStrategy,
    text: ' or string.sub(since, 1, #runId) ~= runId',
    replacement: '',
    test: lostMarkers('mails no receipt a second time whose marker is gone'),
  },
  {
    mutation: 'email: sends a command again after a reconnect, when its caller has failed',
    file: 'apps/email/src/servers/redis.ts',
    text: 'maxRetriesPerRequest: 0',
    replacement: 'maxRetriesPerRequest: 20',
    test: redis(
      'connections that end between the answers of a pipeline mix up no answer, and no command runs twice',
    ),
  },
  {
    mutation: 'email: is ready although Redis may evict deduplication markers',
    file: 'apps/email/src/servers/redis-probe.ts',
    text: '    await assertKeepsEveryMarker(connection);\n',
    replacement: '',
    test: email('does not answer its probe and is not ready, although it answers a ping'),
  },
  {
    mutation: 'email: sends the content although the lease is about to expire',
    file: 'apps/email/src/send-receipt.ts',
    text: 'if (claim.leaseLeftMs() < LEASE_LEFT_MIN_MS) throw new LeaseTooShort();',
    replacement: '',
    test: receipt(
      'sends no content when too little of the lease is left, and reports that nothing was sent',
    ),
  },
  {
    mutation: 'email: mails to a stored address that means two',
    file: 'apps/email/src/send-receipt.ts',
    text: 'if (addressFault(recipient.receiptEmail) !== undefined) {',
    replacement: 'if (recipient.receiptEmail === undefined) {',
    test: receipt(
      'a stored address "a@example.com,b@example.com" is refused permanently, and no mail leaves',
    ),
  },
];
