import Table from 'cli-table3';
import pc from 'picocolors';
import type {
  DlqDecision,
  DlqDetail,
  DlqItem,
  DlqOverview,
  DlqPage,
} from '../clients/dlq-client.js';

/** The dead letters of every consumer in a few lines: number, age, errors. */
export function overviewTable({ consumers }: DlqOverview): string {
  const head = [
    'consumer',
    'pending',
    'oldest',
    'redriven',
    'discarded',
    'errors of the pending ones',
  ];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const { consumer, depth, oldest, states, reasons } of consumers) {
    table.push([
      consumer,
      depth > 0 ? pc.red(String(depth)) : pc.green('0'),
      at(oldest),
      String(states['redriven'] ?? 0),
      String(states['discarded'] ?? 0),
      reasons.map(({ errorName, count }) => `${count} × ${errorName}`).join('\n'),
    ]);
  }
  return table.toString();
}

export function pageTable({ items, nextCursor }: DlqPage): string {
  if (items.length === 0) return 'no dead letters';
  const head = ['id', 'state', 'payment', 'dead since', 'error', 'attempts', 'redriven', ''];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const item of items) {
    table.push([
      item.id,
      stateColour(item.state),
      item.paymentId ?? '–',
      at(item.deadLetteredAt),
      `${item.errorName} (${item.errorClass ?? '–'})`,
      String(item.attempts),
      `${item.redriveCount}×`,
      notes(item),
    ]);
  }
  const more = nextCursor ? `\nmore: --cursor ${nextCursor}` : '';
  return `${table.toString()}${more}`;
}

export function detailText(detail: DlqDetail): string {
  const { record, ...letter } = detail;
  const lines = Object.entries(letter).map(
    ([name, value]) => `${name.padEnd(18)} ${value === null ? '–' : String(value)}`,
  );
  if (!record) return [...lines, pc.yellow('its record is no longer in the topic')].join('\n');
  return [
    ...lines,
    `${'key'.padEnd(18)} ${record.key ?? '–'}`,
    '\nheaders',
    ...Object.entries(record.headers).map(([name, value]) => `  ${name}: ${printable(value)}`),
    record.event ? '\nevent' : `\nno event: ${record.undecodable?.message ?? ''}\nbytes (hex)`,
    record.event ? JSON.stringify(record.event, null, 2) : (record.valueHex ?? ''),
  ].join('\n');
}

/** What the operator must know before a redrive. */
function notes({ redrivableUntil, cannotRedrive }: DlqItem): string {
  if (cannotRedrive) return pc.yellow(cannotRedrive);
  return redrivableUntil ? pc.yellow(`cut; redrive until ${at(redrivableUntil)}`) : '';
}

function stateColour(state: string): string {
  if (state === 'pending') return pc.red(state);
  return state === 'redriven' ? pc.green(state) : pc.dim(state);
}

// The producer of the record chose its headers. An escape sequence in them must not reach the
// terminal.
const printable = (text: string) => text.replace(/\p{Cc}|\p{Cf}/gu, '\uFFFD');

const at = (time: string | null) => (time ? time.replace('T', ' ').slice(0, 19) : '–');

const WHY: Record<string, string> = {
  loop_guard: 'already redriven three times. Fix the cause of its error, or discard it',
  in_action: 'another redrive is processing it',
  redriven: 'already redriven',
  discarded: 'already discarded',
  beyond_max: 'beyond --max',
  record_gone: 'its record is no longer in the topic. It can only be discarded',
  original_gone: 'it was cut, and its original record has left the topic. It can only be discarded',
  too_large: 'the redrive topic does not take its size. Raise max.message.bytes of the topic',
};

/** The dead letters that the console refused, as text that follows the number of accepted ones. */
export function refusals({ refused, left }: Pick<DlqDecision, 'refused' | 'left'>): string {
  const named = refused.map(({ id, why }) => `\n  ${pc.yellow(id)} (${why}): ${WHY[why] ?? why}`);
  return `${left > 0 ? `, ${left} more are pending` : ''}${named.join('')}`;
}

/** Explains the reasons that the console names in a refused request. */
export function explainRefusals(refused: DlqDecision['refused']): string {
  const reasons = [...new Set(refused.map(({ why }) => why))];
  return reasons.map((why) => `\n  ${why}: ${WHY[why] ?? why}`).join('');
}
