import type { PaymentSummary } from '../wire/evidence.js';
import { PaymentsWatch } from './payments-watch.js';

type Row = Pick<PaymentSummary, 'id' | 'status' | 'effects'> & { version: number };
const done = { email: 'done', loyalty: 'done', search: 'done' } as const;
const due = { ...done, email: 'due' } as const;

function aWatch() {
  const rows = new Map<string, Row>();
  const asked: (readonly string[])[] = [];
  const watch = new PaymentsWatch({
    query: async (_, [limit, unfinished] = []) => {
      const all = [...rows.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
      const wanted = unfinished as string[];
      return all.filter(({ id }, index) => index < Number(limit) || wanted.includes(id));
    },
    summarize: async (ids) => {
      asked.push(ids);
      return ids.flatMap((id) => (rows.get(id) as unknown as PaymentSummary | undefined) ?? []);
    },
  });
  const put = (n: number, changes: Partial<Row> = {}) => {
    const id = `019-${String(n).padStart(6, '0')}`;
    const row = { version: 1, status: 'COMPLETED', effects: done, ...rows.get(id), ...changes, id };
    rows.set(id, row as Row);
  };
  const changed = async () => (await watch.changed()).map(({ id }) => Number(id.slice(4)));
  return { watch, put, changed, asked };
}

describe('the payments that are new or have changed', () => {
  it('are the newest ones first, and each change once', async () => {
    const { put, changed, asked } = aWatch();
    put(1);
    put(2, { effects: due });
    await expect(changed()).resolves.toEqual([2, 1]);
    await expect(changed()).resolves.toEqual([]);
    put(2, { effects: done });
    await expect(changed()).resolves.toEqual([2]);
    asked.length = 0;
    await expect(changed()).resolves.toEqual([]);
    // A payment with all its effects is not looked up in the stores again.
    expect(asked).toEqual([]);
  });

  it('include a payment that was committed later than one with a newer id', async () => {
    const { put, changed } = aWatch();
    put(5);
    await changed();
    put(4);
    await expect(changed()).resolves.toEqual([4]);
  });

  it('include an unfinished payment behind hundreds of newer ones', async () => {
    const { put, changed } = aWatch();
    put(1, { status: 'PENDING' });
    await changed();
    for (let n = 2; n < 300; n += 1) put(n);
    await changed();
    put(1, { status: 'COMPLETED', version: 2 });
    await expect(changed()).resolves.toEqual([1]);
  });

  it('include a version that changed although the payment was finished', async () => {
    const { put, changed } = aWatch();
    put(1, { status: 'DECLINED', effects: { email: 'none', loyalty: 'none', search: 'none' } });
    await changed();
    put(1, { version: 2, status: 'COMPLETED', effects: done });
    await expect(changed()).resolves.toEqual([1]);
  });
});
