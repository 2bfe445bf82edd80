import { PolledSource } from './polled-source.js';

function aSource(read: () => Promise<number>) {
  let nowMs = 0;
  const source = new PolledSource({ read, everyMs: 1_000, now: () => nowMs });
  return { source, pass: (ms: number) => void (nowMs += ms) };
}

describe('a source of the overview', () => {
  it('is read again only when its value is old', async () => {
    let reads = 0;
    const { source, pass } = aSource(async () => (reads += 1));
    await source.refresh();
    pass(999);
    await source.refresh();
    expect(source.value).toBe(1);
    pass(1);
    await source.refresh();
    expect(source.value).toBe(2);
  });

  it('has no value after a read that failed, and recovers', async () => {
    const answers: (number | Error)[] = [1, new Error('refused'), 3];
    const { source, pass } = aSource(async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer ?? 0;
    });
    for (const value of [1, null, 3]) {
      await source.refresh();
      expect(source.value).toBe(value);
      pass(1_000);
    }
  });

  it('has no value when the read does not end, and starts no second one meanwhile', async () => {
    let reads = 0;
    const { source, pass } = aSource(async () => {
      reads += 1;
      return await new Promise<number>(() => undefined);
    });
    await source.refresh();
    expect(source.value).toBeNull();
    pass(60_000);
    await source.refresh();
    expect(reads).toBe(1);
  });
});
