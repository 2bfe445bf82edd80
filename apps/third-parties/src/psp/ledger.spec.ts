import { Form } from './form.js';
import { Ledger } from './ledger.js';
import { createPaymentIntent } from './payment-intent.js';
import type { KeyedRequest, PspRecord } from './psp-record.js';
import { createRefund } from './reversals/refund.js';

const now = () => new Date('2026-01-01T00:00:00Z');

/** A journal without a disk: the test decides when an append is "on disk". */
class MemoryJournal {
  readonly entries: PspRecord[] = [];
  private held: Promise<void> = Promise.resolve();

  hold(): () => void {
    let free = () => {};
    this.held = new Promise((resolve) => (free = resolve));
    return free;
  }

  async append(record: PspRecord): Promise<void> {
    await this.held;
    // A restart reads JSON back, and not this object.
    this.entries.push(JSON.parse(JSON.stringify(record)) as PspRecord);
  }
}

describe("the PSP's ledger", () => {
  let journal: MemoryJournal;
  let ids: number;
  const newId = (prefix: string) => `${prefix}_${++ids}`;
  const open = () => new Ledger({ journal, now, newId });

  beforeEach(() => {
    journal = new MemoryJournal();
    ids = 0;
  });

  const keyed = (idempotencyKey: string, form: Form): KeyedRequest => ({
    idempotencyKey,
    endpoint: '/v1/payment_intents',
    fingerprint: form.fingerprint(),
  });

  async function pay(ledger: Ledger, key: string, paymentMethod = 'pm_card_visa') {
    const form = new Form(
      `amount=1299&currency=eur&confirm=true&payment_method=${paymentMethod}&metadata[paymentId]=p-1`,
    );
    return await ledger.once(keyed(key, form), () =>
      createPaymentIntent({ form, idempotencyKey: key, fault: null, now: now(), newId }),
    );
  }

  async function refund(ledger: Ledger, key: string, intentId: string) {
    const form = new Form(`payment_intent=${intentId}`);
    return await ledger.whileRefunding(intentId, async () =>
      ledger.once(keyed(key, form), () =>
        createRefund({
          form,
          ledger,
          idempotencyKey: key,
          status: () => 'succeeded',
          now: now(),
          newId,
        }),
      ),
    );
  }

  it('charges once for a key, and replays the answer', async () => {
    const ledger = open();
    const first = await pay(ledger, 'k');
    const second = await pay(ledger, 'k');
    expect(second).toEqual({ record: first.record, isReplay: true });
    expect(journal.entries).toHaveLength(1);
  });

  it('does not charge a key again after a restart', async () => {
    const { record } = await pay(open(), 'k');
    const restarted = open();
    const again = await pay(restarted, 'k');
    expect(again.isReplay).toBe(true);
    expect(JSON.stringify(again.record.body)).toBe(JSON.stringify(record.body));
    expect(restarted.intentsByPayment('p-1')).toEqual([record.body]);
    expect(journal.entries).toHaveLength(1);
  });

  it('repeats the same decline after a restart', async () => {
    const { record } = await pay(open(), 'k', 'pm_card_visa_chargeDeclinedInsufficientFunds');
    expect(record).toMatchObject({
      status: 402,
      body: { error: { type: 'card_error', decline_code: 'insufficient_funds' } },
      charge: { status: 'declined' },
    });
    const again = await pay(open(), 'k', 'pm_card_visa_chargeDeclinedInsufficientFunds');
    expect(again.record.body).toEqual(record.body);
  });

  it('hides a charge and refuses a concurrent request until the charge is on disk', async () => {
    const ledger = open();
    const free = journal.hold();
    const charged = pay(ledger, 'k');
    expect(ledger.intentsByPayment('p-1')).toEqual([]);
    await expect(pay(ledger, 'k')).rejects.toMatchObject({ status: 409 });
    free();
    await charged;
    expect(ledger.intentsByPayment('p-1')).toHaveLength(1);
  });

  it('stores nothing for invalid parameters, so that the key can still be used', async () => {
    const ledger = open();
    await expect(pay(ledger, 'k', 'pm_unknown')).rejects.toMatchObject({ status: 400 });
    expect(journal.entries).toEqual([]);
    expect((await pay(ledger, 'k')).record.status).toBe(200);
  });

  it('refunds a capture once, also for concurrent requests with different keys', async () => {
    const ledger = open();
    const id = (await pay(ledger, 'k')).record.charge?.id ?? '';
    const free = journal.hold();
    const first = refund(ledger, 'r-1', id);
    await expect(refund(ledger, 'r-2', id)).rejects.toMatchObject({ status: 429 });
    free();
    expect((await first).record.charge).toMatchObject({
      id,
      paymentId: 'p-1',
      amountMinor: 1299,
      currency: 'EUR',
      status: 'refunded',
    });
    await expect(refund(ledger, 'r-3', id)).rejects.toMatchObject({
      error: { code: 'charge_already_refunded' },
    });
    await expect(refund(open(), 'r-4', id)).rejects.toMatchObject({
      error: { code: 'charge_already_refunded' },
    });
  });
});
