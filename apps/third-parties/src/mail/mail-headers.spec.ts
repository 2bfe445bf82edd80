import { Readable } from 'node:stream';
import libmime from 'libmime';
import { headerOf, readHeaders } from './mail-headers.js';

const read = async (...chunks: string[]) =>
  await readHeaders(Readable.from(chunks.map((chunk) => Buffer.from(chunk))));

describe('the headers of a mail', () => {
  const mail = 'Message-ID: <m@example>\r\nSubject: Hi\r\n\r\nSubject: of the body\r\n\r\nText';

  it('end before the body, wherever the network cut the mail', async () => {
    for (let cut = 0; cut <= mail.length; cut++) {
      const headers = await read(mail.slice(0, cut), mail.slice(cut));
      expect(headers).toBe('Message-ID: <m@example>\r\nSubject: Hi');
    }
  });

  it('are the whole mail if it has no body', async () => {
    expect(headerOf(await read('Subject: Hi\r\n'), 'subject')).toBe('Hi');
    expect(await read()).toBe('');
  });

  it('are found in any case, also after a folded one', () => {
    const headers = 'X-Long: a\r\n subject: b\r\nSUBJECT : Your receipt:\r\n\tof today';
    expect(headerOf(headers, 'subject')).toBe('Your receipt:\tof today');
    expect(headerOf(headers, 'message-id')).toBeNull();
  });

  it('have their encoded words decoded', () => {
    const subject = 'Quittung über 12,99 € für alles, was Sie heute bei uns gekauft haben – danke';
    for (const encoding of ['Q', 'B'] as const) {
      const folded = libmime.foldLines(`Subject: ${libmime.encodeWords(subject, encoding, 52)}`);
      expect(folded).toContain('\r\n');
      expect(headerOf(folded, 'subject')).toBe(subject);
    }
    expect(headerOf('Subject: =?iso-8859-1?Q?f=FCr?=', 'subject')).toBe('für');
  });
});
