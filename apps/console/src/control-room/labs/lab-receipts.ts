import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** The part of a `receipt.json` that the page shows (tools/labs/lab.ts writes it). */
const receipt = z.object({
  lab: z.string(),
  at: z.iso.datetime(),
  seed: z.number(),
  seconds: z.number(),
  version: z.enum(['full', 'small']),
  doesNotShow: z.array(z.string()),
  table: z.object({ head: z.array(z.string()), rows: z.array(z.array(z.string())) }),
  // NaN is null in JSON: it was not measured.
  claims: z.array(
    z.object({ claim: z.string(), value: z.number().nullable(), holds: z.boolean() }),
  ),
});

export type ReadReceipt = z.infer<typeof receipt>;

const BYTES_MAX = 1024 * 1024;

/** Undefined if there is none, or it is no receipt of this lab: then nothing is shown of it. */
export async function receiptOf(folder: string, name: string): Promise<ReadReceipt | undefined> {
  const text = await textOf(join(folder, name, 'receipt.json'));
  if (text === undefined) return undefined;
  try {
    const read = receipt.parse(JSON.parse(text));
    return read.lab === name ? read : undefined;
  } catch {
    return undefined;
  }
}

/** A file of at most 1 MB; undefined if it cannot be read. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    return size > BYTES_MAX ? undefined : await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
