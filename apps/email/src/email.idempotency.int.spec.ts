import type { PaymentCompleted } from '@effectively-once/contracts';
import { DependencyDown, LeaseHeld, PermanentFailure } from '@effectively-once/delivery';
import { aPayment, provesIdempotency } from '@effectively-once/delivery/testing';
import { createLogger } from '@effectively-once/platform';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import type { Redis } from 'ioredis';
import { SMTP_CONNECTIONS_MAX } from './config.js';
import { EmailIdempotency, messageIdOf, receiptClaims } from './email.idempotency.js';
import { MAYBE_DUPLICATE_STREAM, type ReceiptClaim } from './receipt-claims.js';
import { EmailCircuits } from './servers/circuits.js';
import type { MailProvider } from './servers/mail-provider.js';
import { connectRedis } from './servers/redis.js';
import { MaybeSent } from './servers/smtp-failure.js';
import { FakeMailProvider } from './testing/fake-mail-provider.js';

let redis: Redis;
let accepted: Set<string>;
let strategy: EmailIdempotency;
const opened: EmailCircuits[] = [];

beforeAll(async () => {
  redis = await connectRedis(testAddresses().REDIS_URL);
});
beforeEach(() => {
  accepted = new Set();
  strategy = strategyOver(redis);
});
afterAll(() => {
  opened.forEach(({ all }) => all.forEach((circuit) => circuit.close()));
  redis.disconnect();
});

/** The strategy as the app creates it, with a mail provider that accepted what `accepted` holds. */
function strategyOver(
  store: Redis,
  circuits = circuitsOver(store),
  claims = receiptClaims(store, createLogger('test')),
): EmailIdempotency {
  const provider = { hasAccepted: async (id: string) => accepted.has(id) } as MailProvider;
  return new EmailIdempotency(claims, provider, circuits);
}

function circuitsOver(store: Redis): EmailCircuits {
  const works = { ping: async () => undefined, verify: async () => true as const };
  const circuits = new EmailCircuits(store, works, works, works);
  opened.push(circuits);
  return circuits;
}

const keyOf = ({ paymentId }: PaymentCompleted) => `email:receipt:${paymentId}`;

async function evidenceOf({ paymentId }: PaymentCompleted): Promise<string[][]> {
  const entries = await redis.xrange(MAYBE_DUPLICATE_STREAM, '-', '+');
  return entries.map(([, fields]) => fields).filter((fields) => fields.includes(paymentId));
}

/** The claim of a dead process. Its lease has expired. */
async function leaveExpiredClaim(payment: PaymentCompleted): Promise<void> {
  await redis.set(keyOf(payment), 'P:someone-dead:1000:1', 'PX', 60_000);
}

describe('the contract of every strategy', () => {
  let provider: FakeMailProvider;
  let living: ReturnType<FakeMailProvider['sendReceipt']>;
  beforeAll(async () => {
    provider = await FakeMailProvider.start();
    living = provider.sendReceipt();
  });
  afterAll(async () => await provider.stop());

  const timesDone = async ({ paymentId }: PaymentCompleted) =>
    provider.accepted.filter((mail) => mail.includes(messageIdOf(paymentId))).length;

  provesIdempotency({
    strategy: () => strategyOver(redis),
    effect: (payment, claim) => living.sendReceipt.run(payment, claim),
    timesDone,
    kept: async (payment) => [await redis.get(keyOf(payment)), await timesDone(payment)],
    letLeasesEnd: async (payment) => {
      const stored = await redis.get(keyOf(payment));
      if (!stored?.startsWith('P:')) return;
      await redis.set(keyOf(payment), stored.replace(/:\d+(:\d+)$/, ':0$1'), 'KEEPTTL');
    },
    isOnRecord: async (payment) => (await evidenceOf(payment)).length > 0,
    deaths: [
      {
        at: 'after the claim',
        deliver: (payment, dies) => strategyOver(redis).once(payment, dies),
      },
      {
        at: 'before the content',
        deliver: async (payment, dies) => {
          const { sendReceipt } = provider.sendReceipt();
          await strategyOver(redis).once(payment, async (claim) => {
            // Cuts the connection after the server accepted DATA and before a byte of the mail.
            const leaseLeftMs = () => 0;
            await sendReceipt.run(payment, { ...claim, leaseLeftMs }).catch(dies);
          });
        },
      },
      {
        at: 'after the content, before its marker',
        isWindow: true,
        deliver: (payment, dies) =>
          strategyOver(redis).once(payment, async (claim) => {
            await living.sendReceipt.run(payment, claim);
            await dies();
          }),
      },
      {
        at: 'after the marker',
        deliver: async (payment, dies) => {
          const dying = receiptClaims(redis, createLogger('test'));
          const markDone = dying.markDone.bind(dying);
          dying.markDone = async (...parameters) => {
            await markDone(...parameters);
            await dies();
          };
          await strategyOver(redis, circuitsOver(redis), dying).once(payment, (claim) =>
            living.sendReceipt.run(payment, claim),
          );
        },
      },
    ],
  });
});

it('sends once, and detects a redelivery by its deduplication marker', async () => {
  const payment = aPayment();
  const sent: ReceiptClaim[] = [];
  const effect = async (claim: ReceiptClaim) => void sent.push(claim);
  await expect(strategy.once(payment, effect)).resolves.toBe('applied');
  await expect(strategy.once(payment, effect)).resolves.toBe('duplicate');
  expect(sent).toHaveLength(1);
  const marker = await redis.get(keyOf(payment));
  expect(marker).toMatch(/^D:<.*\.receipt@.*>:[0-9a-f]{16}$/);
  const ttl = await redis.pttl(keyOf(payment));
  expect(ttl).toBeGreaterThan(6.9 * 24 * 3_600_000);
  await expect(evidenceOf(payment)).resolves.toEqual([]);
});

it('claims before it sends, so that a concurrent delivery has to retry later', async () => {
  const payment = aPayment();
  await strategy.once(payment, async () => {
    expect(await redis.get(keyOf(payment))).toMatch(/^P:[0-9a-f-]{36}:\d{13}:1$/);
    await expect(strategy.once(payment, neverRuns)).rejects.toBeInstanceOf(LeaseHeld);
  });
});

it('releases the claim of a mail that was surely not sent', async () => {
  const payment = aPayment();
  const failure = new DependencyDown('smtp');
  const failing = strategy.once(payment, async () => {
    throw failure;
  });
  await expect(failing).rejects.toBe(failure);
  await expect(redis.get(keyOf(payment))).resolves.toBeNull();
  await expect(strategy.once(payment, async () => undefined)).resolves.toBe('applied');
  await expect(evidenceOf(payment)).resolves.toEqual([]);
});

it('writes evidence before it sends again after a lost reply', async () => {
  const payment = aPayment();
  const lost = strategy.once(payment, async () => {
    throw new MaybeSent(new Error('timeout'));
  });
  await expect(lost).rejects.toBeInstanceOf(MaybeSent);
  await expect(evidenceOf(payment)).resolves.toEqual([]);
  let evidenceBeforeSending: string[][] = [];
  const again = strategy.once(payment, async () => {
    evidenceBeforeSending = await evidenceOf(payment);
  });
  await expect(again).resolves.toBe('applied');
  const messageId = messageIdOf(payment.paymentId);
  const at = expect.stringMatching(/Z$/) as string;
  const { paymentId } = payment;
  expect(evidenceBeforeSending).toEqual([
    ['paymentId', paymentId, 'messageId', messageId, 'at', at],
  ]);
});

it('detects a lost reply also when the error passed through a circuit breaker', async () => {
  const payment = aPayment();
  const { smtp } = circuitsOver(redis);
  const noAnswer = () => Promise.reject(new MaybeSent(new Error('timeout')));
  const lost = () => strategy.once(payment, () => smtp.call('alice', noAnswer));
  await expect(lost()).rejects.toBeInstanceOf(MaybeSent);
  // A released claim would say that nothing was mailed.
  await expect(redis.get(keyOf(payment))).resolves.toMatch(/^P:[0-9a-f-]{36}:0:1$/);
  await expect(lost()).rejects.toBeInstanceOf(MaybeSent);
  await expect(evidenceOf(payment)).resolves.toHaveLength(1);
});

it('writes markers and releases claims while the circuit is open: only claiming waits for Redis', async () => {
  const [mailed, refused] = [aPayment(), aPayment()];
  const circuits = circuitsOver(redis);
  const opensCircuit = async () => {
    const cut = () => Promise.reject(new DependencyDown('redis'));
    await circuits.redis.call('alice', cut).catch(() => undefined);
  };
  const attempts = [
    strategyOver(redis, circuits).once(mailed, opensCircuit),
    strategyOver(redis, circuits).once(refused, async () => {
      await opensCircuit();
      throw new Error('refused');
    }),
  ];
  await expect(Promise.allSettled(attempts)).resolves.toMatchObject([
    { value: 'applied' },
    { reason: { message: 'refused' } },
  ]);
  expect(circuits.redis.reading).toBe('open');
  await expect(redis.get(keyOf(mailed))).resolves.toMatch(/^D:/);
  await expect(redis.get(keyOf(refused))).resolves.toBeNull();
  await expect(strategyOver(redis, circuits).once(aPayment(), neverRuns)).rejects.toBeInstanceOf(
    DependencyDown,
  );
});

it('takes over the expired claim of a dead process, and writes evidence before it sends', async () => {
  const payment = aPayment();
  await leaveExpiredClaim(payment);
  const evidence: string[][][] = [];
  const takeOver = strategy.once(payment, async () => {
    evidence.push(await evidenceOf(payment));
    expect(await redis.get(keyOf(payment))).toMatch(/^P:[0-9a-f-]{36}:\d{13}:2$/);
  });
  await expect(takeOver).resolves.toBe('applied');
  expect(evidence).toEqual([[expect.arrayContaining([payment.paymentId])]]);
});

it('neither writes the marker nor releases the lease of a receipt that another delivery took over', async () => {
  const payment = aPayment();
  const theirs = 'P:someone-else:99999999999999:2';
  await strategy.once(payment, async () => void (await redis.set(keyOf(payment), theirs)));
  await expect(redis.get(keyOf(payment))).resolves.toBe(theirs);
  const other = aPayment();
  const failing = strategy.once(other, async () => {
    await redis.set(keyOf(other), theirs);
    throw new Error('refused');
  });
  await expect(failing).rejects.toThrow('refused');
  await expect(redis.get(keyOf(other))).resolves.toBe(theirs);
});

it('asks the provider before it sends for an event older than six days', async () => {
  const old = new Date(Date.now() - 6.1 * 24 * 3_600_000).toISOString();
  const payment = aPayment({ completedAt: old });
  accepted.add(messageIdOf(payment.paymentId));
  await expect(strategy.once(payment, neverRuns)).resolves.toBe('duplicate');
  await expect(strategy.once(aPayment({ completedAt: old }), async () => undefined)).resolves.toBe(
    'applied',
  );
});

it('retries the deduplication marker of a sent mail when Redis was away for a moment', async () => {
  const payment = aPayment();
  const shaky = await connectRedis(testAddresses().REDIS_URL);
  const retrying = strategyOver(shaky);
  let sent = 0;
  const effect = async () => {
    sent += 1;
    // Cut the connection just before the marker is written. ioredis reconnects on its own.
    shaky.disconnect(true);
  };
  await expect(retrying.once(payment, effect)).resolves.toBe('applied');
  await expect(retrying.once(payment, effect)).resolves.toBe('duplicate');
  expect(sent).toBe(1);
  await expect(evidenceOf(payment)).resolves.toEqual([]);
  shaky.disconnect();
});

it('a claim that cannot be released does not hide the error of the effect', async () => {
  const shaky = await connectRedis(testAddresses().REDIS_URL);
  const failing = strategyOver(shaky);
  const failure = new PermanentFailure('RecipientRefused', 'the address was refused with 550');
  const attempt = failing.once(aPayment(), async () => {
    shaky.disconnect();
    throw failure;
  });
  await expect(attempt).rejects.toBe(failure);
});

// The price of losing Redis: the marker is lost, and nothing is left to write evidence from.
it('mails again, without evidence, when an event is redelivered after its marker was lost', async () => {
  const payment = aPayment();
  await strategy.once(payment, async () => undefined);
  await redis.del(keyOf(payment));
  await expect(strategy.once(payment, async () => undefined)).resolves.toBe('applied');
  await expect(evidenceOf(payment)).resolves.toEqual([]);
});

it('sends nothing when Redis cannot answer', async () => {
  const gone = await connectRedis(testAddresses().REDIS_URL);
  gone.disconnect();
  const blind = strategyOver(gone);
  await expect(blind.once(aPayment(), neverRuns)).rejects.toMatchObject({
    name: 'DependencyDown',
    dependency: 'redis',
  });
});

describe('a Redis that may evict markers', () => {
  const policyIs = (policy: string) => redis.config('SET', 'maxmemory-policy', policy);
  afterEach(async () => {
    await policyIs('noeviction');
    await redis.config('SET', 'maxmemory', '256mb');
    await redis.config('RESETSTAT');
  });

  it.each(['volatile-lru', 'allkeys-random'])(
    'claims nothing from the moment on at which the policy is %s, and sends again when it is back',
    async (policy) => {
      const [done, payment] = [aPayment(), aPayment()];
      await strategy.once(done, async () => undefined);
      await policyIs(policy);
      await expect(strategy.once(payment, neverRuns)).rejects.toMatchObject({
        name: 'DependencyDown',
        dependency: 'redis',
      });
      await expect(redis.get(keyOf(payment))).resolves.toBeNull();
      // With the marker there, a redelivery needs no claim.
      await expect(strategyOver(redis).once(done, neverRuns)).resolves.toBe('duplicate');
      await policyIs('noeviction');
      await expect(strategyOver(redis).once(payment, async () => undefined)).resolves.toBe(
        'applied',
      );
    },
  );

  it('does not answer its probe and is not ready, although it answers a ping', async () => {
    const { ready } = circuitsOver(redis);
    const isReady = () => ready['redis']?.(AbortSignal.timeout(1_000));
    await expect(isReady()).resolves.toBeUndefined();
    await policyIs('volatile-ttl');
    await expect(isReady()).rejects.toThrow('maxmemory-policy noeviction, not volatile-ttl');
  });

  it('asks the provider before it sends once keys were evicted, because a marker may be gone', async () => {
    const payment = aPayment();
    await strategy.once(payment, async () => void accepted.add(messageIdOf(payment.paymentId)));
    await policyIs('volatile-random');
    await redis.config('SET', 'maxmemory', '1');
    // A write makes Redis evict every key that it may. It fails when no such key is left.
    await waitUntil('the marker to be evicted', async () => {
      await redis.set('evict:now', '', 'PX', 60_000).catch(() => undefined);
      return (await redis.get(keyOf(payment))) === null;
    });
    await redis.config('SET', 'maxmemory', '256mb');
    await policyIs('noeviction');
    await expect(strategy.once(payment, neverRuns)).resolves.toBe('duplicate');
    await expect(strategy.once(aPayment(), async () => undefined)).resolves.toBe('applied');
  });
});

it('lanes that claim at the same time share one write to Redis', async () => {
  const own = await connectRedis(testAddresses().REDIS_URL);
  const pipelining = strategyOver(own);
  const writes: string[] = [];
  const { stream } = own as unknown as { stream: { write: (bytes: unknown) => boolean } };
  const write = stream.write.bind(stream);
  stream.write = (bytes) => {
    writes.push(String(bytes));
    return write(bytes);
  };
  await Promise.all(
    Array.from({ length: SMTP_CONNECTIONS_MAX }, () =>
      pipelining.once(aPayment(), async () => undefined),
    ),
  );
  own.disconnect();
  const keysIn = (bytes = '') => bytes.match(/email:receipt:/g)?.length;
  // The first write has the claims, the second has the markers.
  expect(writes.map(keysIn)).toEqual([SMTP_CONNECTIONS_MAX, SMTP_CONNECTIONS_MAX]);
});

async function neverRuns(): Promise<void> {
  throw new Error('this must not be sent');
}
