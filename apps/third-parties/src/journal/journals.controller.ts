import { Controller, Get, Inject, Query } from '@nestjs/common';
import { parseRequest } from '@effectively-once/platform';
import { z } from 'zod';
import { isSameAddress } from '../faults.js';
import type { Journal } from './journal.js';
import { Journals } from './journals.js';
import { withBrackets } from '../mail/mail-entry.js';

const PAGE_MAX = 10_000;
const position = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

const paging = {
  /** The `nextAfter` of the previous page. */
  after: position.default(0),
  /** Absent = all entries. */
  limit: position.pipe(z.int().min(1).max(PAGE_MAX)).optional(),
};
const chargesQuery = z.strictObject({ ...paging, paymentId: z.string().optional() });
const mailsQuery = z.strictObject({
  ...paging,
  paymentId: z.string().optional(),
  address: z.string().optional(),
  messageId: z.string().transform(withBrackets).optional(),
});
const pagesQuery = z.strictObject({ ...paging, dedupKey: z.string().optional() });

/**
 * What happened in the external systems. Audits and tests compare with it. Oldest first. An unknown
 * filter is refused: if it matched all entries, a test with a typing error would pass.
 */
@Controller('_journal')
export class JournalsController {
  constructor(@Inject(Journals) private readonly journals: Journals) {}

  @Get('charges')
  charges(@Query() query: unknown) {
    const asked = parseRequest(chargesQuery, query);
    return page(this.journals.charges, asked, asked.paymentId, ({ charge }) => charge);
  }

  @Get('mails')
  mails(@Query() query: unknown) {
    const asked = parseRequest(mailsQuery, query);
    const isTo = (to: string) =>
      to.split(', ').some((address) => isSameAddress(address, asked.address ?? address));
    return page(this.journals.mails, asked, asked.paymentId, (mail) =>
      (asked.messageId ?? mail.messageId) === mail.messageId && isTo(mail.to) ? mail : null,
    );
  }

  @Get('pages')
  pages(@Query() query: unknown) {
    const asked = parseRequest(pagesQuery, query);
    return page(this.journals.pages, asked, asked.dedupKey, (entry) => entry);
  }
}

/**
 * `nextAfter` counts lines of the journal, so a reader that polls misses no entry and repeats none.
 */
function page<Line, Entry>(
  journal: Journal<Line>,
  asked: { after: number; limit?: number | undefined },
  key: string | undefined,
  select: (line: Line) => Entry | null | undefined,
): { entries: Entry[]; nextAfter: number } {
  const { entries: lines } = journal;
  const entries: Entry[] = [];
  let next = asked.after;
  const isFull = () => entries.length === (asked.limit ?? Infinity);
  const take = (line: number) => {
    next = line + 1;
    const entry = select(lines[line] as Line);
    if (entry) entries.push(entry);
  };
  if (key === undefined) {
    while (next < lines.length && !isFull()) take(next);
    return { entries, nextAfter: next };
  }
  for (const line of journal.linesOf(key)) {
    if (isFull()) return { entries, nextAfter: next };
    if (line >= asked.after) take(line);
  }
  return { entries, nextAfter: Math.max(asked.after, lines.length) };
}
