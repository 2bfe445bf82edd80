import type { Readable } from 'node:stream';
import libmime from 'libmime';

const HEADERS_END = Buffer.from('\r\n\r\n');
const FOLD = /\r?\n(?=[ \t])/g;

/**
 * Reads a mail to its end and returns its header block (RFC 5322 §2.1). The body is not kept: the
 * journal has no use for it, and parsing it cost more than the whole SMTP dialogue.
 */
export async function readHeaders(mail: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let headers: Buffer | null = null;
  mail.on('data', (chunk: Buffer) => {
    if (headers) return;
    chunks.push(chunk);
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    const end = bytes.indexOf(HEADERS_END);
    if (end >= 0) headers = bytes.subarray(0, end);
    else chunks.splice(0, Infinity, bytes);
  });
  await new Promise<void>((resolve, reject) => {
    mail.on('end', resolve);
    mail.on('error', reject);
  });
  return (headers ?? Buffer.concat(chunks)).toString();
}

/** The unfolded value of a header field, with its encoded words (RFC 2047) decoded; else null. */
export function headerOf(headers: string, name: string): string | null {
  for (const line of headers.replace(FOLD, '').split('\n')) {
    const colon = line.indexOf(':');
    if (line.slice(0, colon).trimEnd().toLowerCase() === name) {
      return libmime.decodeWords(line.slice(colon + 1).trim());
    }
  }
  return null;
}
