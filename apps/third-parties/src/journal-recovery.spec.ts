import { recover } from './journal-recovery.js';

async function* chunksOf(text: string, bytes = text.length): AsyncIterable<Buffer> {
  const all = Buffer.from(text);
  for (let start = 0; start < all.length; start += bytes) yield all.subarray(start, start + bytes);
}

describe('a journal after a crash', () => {
  it('is read back whole when nothing was being written', async () => {
    expect(await recover(chunksOf('{"a":1}\n{"a":2}\n'))).toEqual({
      entries: [{ a: 1 }, { a: 2 }],
      wholeBytes: 16,
    });
  });

  it('ends before a last line that was torn', async () => {
    expect(await recover(chunksOf('{"a":1}\n{"a":'))).toEqual({
      entries: [{ a: 1 }],
      wholeBytes: 8,
    });
  });

  it('ends before a last line that lacks only its newline, which was never answered for', async () => {
    expect(await recover(chunksOf('{"a":1}\n{"a":2}'))).toEqual({
      entries: [{ a: 1 }],
      wholeBytes: 8,
    });
  });

  it('is the same whichever bytes a read happens to end on, in the middle of a letter too', async () => {
    const text = '{"subject":"reçu"}\n{"subject":"領収書"}\n{"torn';
    const whole = { entries: [{ subject: 'reçu' }, { subject: '領収書' }], wholeBytes: 44 };
    for (let bytes = 1; bytes <= 20; bytes++) {
      expect(await recover(chunksOf(text, bytes))).toEqual(whole);
    }
  });

  it('is refused when a whole line is damaged, because no crash does that', async () => {
    await expect(recover(chunksOf('{"a":1}\n{"a":\n{"a":3}\n'))).rejects.toThrow(
      'line 2 of the journal is damaged',
    );
  });

  it('is empty when there is none', async () => {
    expect(await recover(chunksOf(''))).toEqual({ entries: [], wholeBytes: 0 });
  });
});
