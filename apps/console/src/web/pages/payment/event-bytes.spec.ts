import { asText, fromBase64, hexDump } from './event-bytes.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('the bytes of an event', () => {
  it('are shown as text only if that text is all of them', () => {
    expect(asText(utf8('{"a":"ä"}\n'))).toBe('{"a":"ä"}\n');
    expect(asText(bytes(0xff, 0xfe))).toBeNull();
    expect(asText(utf8('a\u0000b'))).toBeNull();
    expect(asText(utf8('a\u001bb'))).toBeNull();
  });

  it('are shown in hex with offsets and their printable characters', () => {
    expect(hexDump(utf8('0123456789abcdefg\n'))).toBe(
      '0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n' +
        `0010  ${'67 0a'.padEnd(47)}  g.`,
    );
    expect(hexDump(new Uint8Array(5_000)).split('\n').at(-1)).toBe('and 904 bytes more');
    expect(hexDump(bytes())).toBe('');
  });

  it('come from base64, or not at all', () => {
    expect(fromBase64('AP8=')).toEqual(bytes(0, 255));
    expect(fromBase64('%')).toBeNull();
  });
});
