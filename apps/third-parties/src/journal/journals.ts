import { join } from 'node:path';
import { Journal } from './journal.js';
import type { MailEntry } from '../mail/mail-entry.js';
import type { PageEntry } from '../pager/page-entry.js';
import type { PspRecord } from '../psp/psp-record.js';

/** One journal per external system. */
export class Journals {
  constructor(
    readonly charges: Journal<PspRecord>,
    readonly mails: Journal<MailEntry>,
    readonly pages: Journal<PageEntry>,
  ) {}

  static async open(folder: string): Promise<Journals> {
    return new Journals(
      await Journal.open<PspRecord>(
        join(folder, 'charges.jsonl'),
        ({ charge }) => charge?.paymentId ?? null,
      ),
      await Journal.open<MailEntry>(join(folder, 'mails.jsonl'), ({ paymentId }) => paymentId),
      await Journal.open<PageEntry>(join(folder, 'pages.jsonl'), ({ dedupKey }) => dedupKey),
    );
  }

  assertWritable(): void {
    this.all().forEach((journal) => journal.assertWritable());
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map(async (journal) => await journal.close()));
  }

  private all() {
    return [this.charges, this.mails, this.pages];
  }
}
