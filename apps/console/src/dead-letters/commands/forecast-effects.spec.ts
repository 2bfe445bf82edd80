import type { Connections } from '@effectively-once/audit';
import { forecastEffects } from './forecast-effects.js';

const NOW_MS = Date.parse('2026-11-20T10:00:00.000Z');
const DAY_MS = 24 * 3_600_000;

let made = 0;
/** A UUID version 7, of a payment that was made so many days ago. */
function paymentId(daysAgo = 0): string {
  const time = (NOW_MS - daysAgo * DAY_MS).toString(16).padStart(12, '0');
  made += 1;
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(made).padStart(12, '0')}`;
}

const letter = (id: string | null, errorName = 'RecipientRefused') => ({
  id: '0-1',
  paymentId: id,
  errorName,
});

const loyaltyWith = (...ids: string[]) =>
  ({
    loyalty: {
      query: (_sql: string, [asked]: [string[]]) =>
        Promise.resolve({
          rows: ids.filter((id) => asked.includes(id)).map((id) => ({ payment_id: id })),
        }),
    },
  }) as unknown as Connections;

const markers = (stored: Record<string, string>) =>
  ({
    redis: {
      mget: (keys: string[]) =>
        Promise.resolve(keys.map((key) => stored[key.replace('email:receipt:', '')] ?? null)),
    },
    // Nothing listens there.
    sources: { thirdPartiesUrl: 'http://127.0.0.1:1' },
  }) as unknown as Connections;

const now = () => NOW_MS;

describe('the forecast of a redrive', () => {
  it('counts what the consumer’s own store has as already done', async () => {
    const [done, missing] = [paymentId(), paymentId()];
    const forecast = forecastEffects(loyaltyWith(done), now);
    await expect(forecast('loyalty', [letter(done), letter(missing)])).resolves.toEqual({
      toSend: 1,
      absorbed: 1,
      unknown: 0,
      unknownBecause: [],
      source: 'loyalty.points_entries',
    });
  });

  it('says what it cannot know, and never guesses', async () => {
    const [collided, done] = [paymentId(), paymentId()];
    const forecast = forecastEffects(loyaltyWith(collided, done), now);
    await expect(
      forecast('loyalty', [
        letter(collided, 'IdempotencyCollision'),
        letter(paymentId(), 'IdempotencyCollision'),
        letter(null),
        letter(done),
      ]),
    ).resolves.toMatchObject({
      toSend: 1,
      absorbed: 1,
      unknown: 2,
      unknownBecause: [
        '1: the store holds this payment, perhaps with other content',
        '1: the record names no payment',
      ],
    });
  });

  it('knows nothing while the store does not answer', async () => {
    const away = {
      loyalty: { query: () => Promise.reject(new Error('refused')) },
    } as unknown as Connections;
    const letters = [letter(paymentId()), letter(paymentId())];
    await expect(forecastEffects(away, now)('loyalty', letters)).resolves.toMatchObject({
      toSend: 0,
      absorbed: 0,
      unknown: 2,
      unknownBecause: ['2: the store does not answer'],
    });
  });

  it('of email goes by its markers: an open claim may have been mailed', async () => {
    const [done, claimed, missing] = [paymentId(), paymentId(), paymentId()];
    const stored = { [done]: `D:<${done}.receipt@x>:f`, [claimed]: 'P:token:0:2' };
    const letters = [letter(done), letter(claimed), letter(missing)];
    await expect(forecastEffects(markers(stored), now)('email', letters)).resolves.toMatchObject({
      toSend: 1,
      absorbed: 1,
      unknown: 1,
      unknownBecause: ['1: an earlier delivery has not ended, and may have mailed'],
    });
  });

  it('of email asks the mail provider for an old payment, as email does', async () => {
    const young = forecastEffects(markers({}), now)('email', [letter(paymentId(5))]);
    await expect(young).resolves.toMatchObject({ toSend: 1, unknown: 0 });
    const old = forecastEffects(markers({}), now)('email', [letter(paymentId(7))]);
    await expect(old).resolves.toMatchObject({ toSend: 0, unknown: 1 });
  });
});
