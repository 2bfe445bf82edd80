import { recover } from './journal-recovery.js';

async function* chunksOf(text: string, bytes = text.length): AsyncIterable<Buffer> {
  const all = Buffer.from(text);
  for (let start = 0; start < all.length; start += bytes) yield all.subarray(start, start + bytes);
}

describe('a journal after a crash', () => {
  it('is read back completely if no write was in progress', async () => {
    expect(await recover(chunksOf('{"a":1}\n{"a":2}\n'))).toEqual({
      entries: [{ a: 1 }, { a: 2 }],
      wholeBytes: 16,
    });
  });

  it('ends before a torn last line', async () => {
    expect(await recover(chunksOf('{"a":1}\n{"a":'))).toEqual({
      entries: [{ a: 1 }],
      wholeBytes: 8,
    });
  });

  it('ends before a last line without a newline, because no client got its answer', async () => {
    expect(await recover(chunksOf('{"a":1}\n{"a":2}'))).toEqual({
      entries: [{ a: 1 }],
      wholeBytes: 8,
    });
  });

  it('is the same for chunks of any size, also if a chunk ends inside a character', async () => {
    const text = '{"subject":"reçu"}\n{"subject":"領収書"}\n{"torn';
    const whole = { entries: [{ subject: 'reçu' }, { subject: '領収書' }], wholeBytes: 44 };
    for (let bytes = 1; bytes <= 20; bytes++) {
      expect(await recover(chunksOf(text, bytes))).toEqual(whole);
    }
  });

  it('is refused if a complete line is damaged, because a crash never does that', async () => {
    await expect(recover(chunksOf('{"a":1}\n{"a":\n{"a":3}\n'))).rejects.toThrow(
      'line 2 of the journal is damaged',
    );
  });

  it('is empty if there is no file', async () => {
    expect(await recover(chunksOf(''))).toEqual({ entries: [], wholeBytes: 0 });
  });
});
