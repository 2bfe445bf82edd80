import { randomUUID } from 'node:crypto';
import type { DayStores } from './day-stores.js';
import type { Amount } from './staging.js';

/** Four stores that agree, until a test damages one of them. */
export class FakeStores implements DayStores {
  readonly paid: (Amount & { userId: string })[] = [];
  readonly captured: Amount[] = [];
  readonly awarded: Amount[] = [];
  readonly indexed: Amount[] = [];

  pay(userId: string, amountMinor: number, currency = 'EUR'): string {
    const payment = { paymentId: randomUUID(), userId, currency, amountMinor };
    this.paid.push(payment);
    this.captured.push({ ...payment, userId: undefined });
    this.awarded.push({ ...payment });
    this.indexed.push({ ...payment });
    return payment.paymentId;
  }

  refund(paymentId: string): void {
    const { amountMinor, ...amount } = this.amountOf(paymentId);
    this.captured.push({ ...amount, amountMinor: -amountMinor });
  }

  amountOf(paymentId: string): Amount {
    return { ...this.find('paid', paymentId), userId: undefined };
  }

  find(where: 'paid' | 'awarded' | 'indexed', paymentId: string): Amount {
    const found = this[where].find((amount) => amount.paymentId === paymentId);
    if (!found) throw new Error(`no such payment: ${paymentId}`);
    return found;
  }

  lose(where: 'awarded' | 'indexed', paymentId: string): Amount {
    const amount = this.find(where, paymentId);
    this[where].splice(this[where].indexOf(amount), 1);
    return amount;
  }

  readonly paymentsOf = () => this.inBatches(this.paid);
  readonly captures = () => this.inBatches(this.captured);
  readonly pointsOf = async (ids: string[]) => await Promise.resolve(of(ids, this.awarded));
  readonly documentsOf = async (ids: string[]) => await Promise.resolve(of(ids, this.indexed));

  private async *inBatches<Row>(rows: Row[]): AsyncGenerator<Row[]> {
    for (let start = 0; start < rows.length; start += 3) {
      yield await Promise.resolve(rows.slice(start, start + 3));
    }
  }
}

const of = (ids: string[], amounts: Amount[]) =>
  amounts.filter(({ paymentId }) => ids.includes(paymentId));
