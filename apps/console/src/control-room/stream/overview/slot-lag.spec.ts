import { SlotLag } from './slot-lag.js';

/** A log that ends at `current`, and whose slot confirmed `confirmed`. */
function aSlot() {
  const row: Record<string, string | null> = {
    current: '1000',
    confirmed: '1000',
    restart: '400',
    status: 'reserved',
  };
  const slot = new SlotLag(async () => [row]);
  return {
    row,
    at: async (nowMs: number, change: Partial<typeof row> = {}) => {
      Object.assign(row, change);
      return await slot.read(nowMs);
    },
  };
}

describe('the lag of the slot', () => {
  it('is 0 when everything is confirmed, and the retained log is counted from its restart', async () => {
    await expect(aSlot().at(0)).resolves.toEqual({
      lagBytes: '0',
      lagSeconds: 0,
      retainedBytes: '600',
      status: 'reserved',
    });
  });

  it('is as old as the moment when the log ended at the confirmed position', async () => {
    const slot = aSlot();
    await slot.at(0);
    await slot.at(1_000, { current: '1200' });
    await expect(slot.at(5_000, { current: '9000' })).resolves.toMatchObject({
      lagBytes: '8000',
      lagSeconds: 5,
    });
    await expect(slot.at(6_000, { confirmed: '1300' })).resolves.toMatchObject({ lagSeconds: 5 });
  });

  it('has no seconds for a position that is older than all that was seen', async () => {
    await expect(aSlot().at(0, { confirmed: '900' })).resolves.toMatchObject({
      lagBytes: '100',
      lagSeconds: null,
    });
  });

  it('has no numbers that PostgreSQL has not: a slot that is being created, or is lost', async () => {
    await expect(
      aSlot().at(0, { confirmed: null, restart: null, status: 'lost' }),
    ).resolves.toEqual({ lagBytes: null, lagSeconds: null, retainedBytes: null, status: 'lost' });
  });

  it('keeps exact positions beyond 2^53', async () => {
    await expect(
      aSlot().at(0, { current: '9007199254740995', confirmed: '2' }),
    ).resolves.toMatchObject({ lagBytes: '9007199254740993' });
  });

  it('fails without a slot', async () => {
    await expect(new SlotLag(async () => []).read(0)).rejects.toThrow('there is no slot');
  });
});
