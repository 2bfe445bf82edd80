const NEWLINE = 0x0a;

/**
 * Reads a journal back. `wholeBytes` is the end of its last complete line. A crash in the middle of
 * a write leaves a torn line after it.
 *
 * @throws Error for a complete line that is not JSON. A crash never leaves one, so the file is
 * damaged. A start without those charges would charge a customer twice.
 */
export async function recover<Entry>(
  chunks: AsyncIterable<Buffer>,
): Promise<{ entries: Entry[]; wholeBytes: number }> {
  const entries: Entry[] = [];
  let wholeBytes = 0;
  let unread: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([unread, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      entries.push(parseLine(bytes.toString('utf8', start, end), entries.length + 1));
      start = end + 1;
    }
    wholeBytes += start;
    unread = bytes.subarray(start);
  }
  return { entries, wholeBytes };
}

function parseLine<Entry>(line: string, number: number): Entry {
  try {
    return JSON.parse(line) as Entry;
  } catch (error) {
    throw new Error(`line ${number} of the journal is damaged`, { cause: error });
  }
}
