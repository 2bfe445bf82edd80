import {
  BUNDLE_BYTES_MAX,
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  type IncidentBundle,
} from './incident-bundle.js';
import { exactly, listOf, Misshapen, oneOf, orNull, recordOf, text, time, whole } from './shape.js';

const word = text(2_000);
const id = text(36, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a payment id');
const money = text(30, /^\d+$/, 'an amount');
const effect = oneOf('done', 'due', 'late', 'lost', 'doubled', 'dead_lettered', 'unknown', 'none');
const track = oneOf('payments', 'psp', 'pipeline', 'email', 'loyalty', 'search');

const step = exactly({
  id: text(200),
  track,
  title: word,
  at: orNull(time),
  until: orNull(time),
  source: word,
  outcome: oneOf('ok', 'failed', 'waiting'),
  detail: orNull(word),
});

const failureWindow = exactly({
  track,
  title: word,
  from: time,
  until: orNull(time),
  meaning: word,
});

const judgement = exactly({
  verdict: oneOf('ok', 'late', 'violated', 'not_judged'),
  invariants: listOf(text(10), 50),
  findings: listOf(
    exactly({
      invariant: text(10),
      status: oneOf('late', 'violated'),
      kind: text(40),
      why: word,
    }),
    200,
  ),
  judgedAt: time,
  unreadable: listOf(text(200), 50),
});

const bundle = exactly({
  format: oneOf(BUNDLE_FORMAT),
  version: oneOf(BUNDLE_VERSION),
  exportedAt: time,
  source: word,
  evidence: exactly({
    id,
    userId: text(128),
    orderId: text(64),
    status: oneOf('PENDING', 'COMPLETED', 'DECLINED', 'UNKNOWN', 'FAILED'),
    amountMinor: money,
    currency: text(3, /^[A-Z]{3}$/, 'a currency'),
    createdAt: time,
    completedAt: orNull(time),
    effects: exactly({ email: effect, loyalty: effect, search: effect }),
    version: whole,
    pspReference: orNull(text(255)),
    steps: listOf(step, 2_000),
    windows: listOf(failureWindow, 100),
    stores: listOf(
      exactly({
        store: text(200),
        source: word,
        records: listOf(recordOf(orNull(word), 50), 1_000),
      }),
      50,
    ),
    judgement,
    event: orNull(
      exactly({
        headers: recordOf(word, 50),
        valueBase64: text(BUNDLE_BYTES_MAX, /^[A-Za-z0-9+/]*={0,2}$/, 'base64'),
      }),
    ),
  }),
});

/**
 * Checks the whole of a file that anyone may have written. Nothing of it is shown before.
 * @throws Misshapen that says where it is not a bundle.
 */
export function readBundle(bytes: Uint8Array): IncidentBundle {
  if (bytes.length > BUNDLE_BYTES_MAX) throw new Misshapen('', 'at most 1 MB');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Misshapen('', 'JSON');
  }
  bundle(value, '');
  return value as IncidentBundle;
}

/** @returns null for what must not be a link. */
export function httpsLink(source: string): string | null {
  try {
    const url = new URL(source);
    return url.protocol === 'https:' && url.username === '' ? url.href : null;
  } catch {
    return null;
  }
}
