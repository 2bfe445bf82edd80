import { SseReader } from './sse-reader.js';

const names = (events: { name: string; data: string }[]) =>
  events.map(({ name, data }) => `${name}=${data}`);

describe('the reader of server-sent events', () => {
  it('reads names, ids and data', () => {
    const reader = new SseReader();
    expect(reader.push('id: 7\nevent: verdict\ndata: {"a":1}\n\n')).toEqual([
      { id: '7', name: 'verdict', data: '{"a":1}' },
    ]);
    expect(reader.lastEventId).toBe('7');
  });

  it('reads the same events wherever the network cuts the text', () => {
    const text =
      '\uFEFF: hello\r\nid:1\r\nevent:a\r\ndata: x\r\ndata:y\r\n\r\nid: 2\rdata:z\r\rdata\n\n: end\n\n';
    const whole = new SseReader().push(text);
    expect(names(whole)).toEqual(['a=x\ny', 'message=z', 'message=']);
    for (let one = 0; one <= text.length; one += 1) {
      for (let two = one; two <= text.length; two += 1) {
        const reader = new SseReader();
        const pieces = [text.slice(0, one), text.slice(one, two), text.slice(two)];
        expect(pieces.flatMap((piece) => reader.push(piece))).toEqual(whole);
      }
    }
  });

  it('ignores comments, unknown fields and events without data', () => {
    const reader = new SseReader();
    expect(reader.push(': ping\n\nevent: lonely\n\nretry: 10\nfoo: bar\ndata: 1\n\n')).toEqual([
      { id: '', name: 'message', data: '1' },
    ]);
  });

  it('keeps the last id for an event that has none, and refuses an id with a NUL', () => {
    const reader = new SseReader('41');
    expect(reader.push('data: 1\n\n')[0]).toMatchObject({ id: '41' });
    expect(reader.push('id: 4\u00002\ndata: 2\n\n')[0]).toMatchObject({ id: '41' });
    expect(reader.push('id\ndata: 3\n\n')[0]).toMatchObject({ id: '' });
  });

  it('does not hand out an event that the end of the stream has cut', () => {
    const reader = new SseReader('41');
    expect(reader.push('id: 42\ndata: 1\n')).toEqual([]);
    expect(reader.lastEventId).toBe('41');
  });

  it('refuses an event that would fill the memory', () => {
    const reader = new SseReader();
    const push = () => {
      for (let count = 0; count < 50; count += 1) reader.push(`data: ${'x'.repeat(100_000)}\n`);
    };
    expect(push).toThrow('event too long');
    expect(() => new SseReader().push('x'.repeat(4_000_001))).toThrow('event too long');
  });
});
