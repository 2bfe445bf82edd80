import type { Verdict } from '../../control-room/wire/overview.js';
import type { StreamConnection } from './stream.js';

/** The standing audit runs every 30 s while a page is open. Three missed ones are too many. */
const OLD_AFTER_MS = 100_000;

export type ShownVerdict =
  | { state: 'ok' | 'late' | 'violated'; verdict: Verdict; checkedAt: string }
  | { state: 'stale'; why: string; checkedAt: string | null };

/**
 * What the strip may say. Numbers of an audit that is old, has failed or cannot be heard of are not
 * shown: they may be false by now.
 */
export function shownVerdict(
  verdict: Verdict | null,
  connection: StreamConnection,
  nowMs: number,
): ShownVerdict {
  const checkedAt = verdict?.checkedAt ?? null;
  const stale = (why: string): ShownVerdict => ({ state: 'stale', why, checkedAt });
  if (connection.state === 'lost') return stale('No connection to the console');
  if (!verdict) return stale('Waiting for the console');
  if (verdict.state === 'stale') return stale(verdict.why ?? 'The audit did not finish');
  if (checkedAt === null) return stale('No audit has finished yet');
  if (nowMs - Date.parse(checkedAt) > OLD_AFTER_MS) return stale('The last audit is old');
  return { state: verdict.state, verdict, checkedAt };
}
