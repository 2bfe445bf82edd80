import Table from 'cli-table3';
import pc from 'picocolors';
import type { Decided, Detail, Overview, Page } from '../clients/dlq-client.js';

/** Every consumer's dead letters in a few lines: how many, since when, why. */
export function overviewTable({ consumers }: Overview): string {
  const head = [
    'consumer',
    'pending',
    'oldest',
    'redriven',
    'discarded',
    'why the pending ones died',
  ];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const { consumer, depth, oldest, states, reasons } of consumers) {
    table.push([
      ...[consumer, depth > 0 ? pc.red(String(depth)) : pc.green('0'), at(oldest)],
      ...[String(states['redriven'] ?? 0), String(states['discarded'] ?? 0)],
      reasons.map(({ errorName, count }) => `${count} × ${errorName}`).join('\n'),
    ]);
  }
  return table.toString();
}

export function pageTable({ items, nextCursor }: Page): string {
  if (items.length === 0) return 'no dead letters';
  const head = ['id', 'state', 'payment', 'died', 'of', 'attempts', 'redriven'];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const item of items) {
    table.push([
      ...[item.id, stateColour(item.state), item.paymentId ?? '–', at(item.deadLetteredAt)],
      `${item.errorName} (${item.errorClass ?? '–'})`,
      ...[String(item.attempts), `${item.redriveCount}×`],
    ]);
  }
  const more = nextCursor ? `\nmore: --cursor ${nextCursor}` : '';
  return `${table.toString()}${more}`;
}

export function detailText(detail: Detail): string {
  const { record, ...letter } = detail;
  const lines = Object.entries(letter).map(
    ([name, value]) => `${name.padEnd(18)} ${value === null ? '–' : String(value)}`,
  );
  if (!record) return [...lines, pc.yellow('its record has left the topic')].join('\n');
  return [
    ...lines,
    `${'key'.padEnd(18)} ${record.key ?? '–'}`,
    '\nheaders',
    ...Object.entries(record.headers).map(([name, value]) => `  ${name}: ${printable(value)}`),
    record.event ? '\nevent' : `\nno event: ${record.undecodable?.message ?? ''}\nbytes (hex)`,
    record.event ? JSON.stringify(record.event, null, 2) : (record.valueHex ?? ''),
  ].join('\n');
}

function stateColour(state: string): string {
  if (state === 'pending') return pc.red(state);
  return state === 'redriven' ? pc.green(state) : pc.dim(state);
}

// Whoever wrote the record wrote its headers: an escape sequence in one must not reach the terminal.
const printable = (text: string) => text.replace(/\p{Cc}|\p{Cf}/gu, '\uFFFD');

const at = (time: string | null) => (time ? time.replace('T', ' ').slice(0, 19) : '–');

const WHY: Record<string, string> = {
  loop_guard: 'redriven three times already: repair what it dies of, or discard it',
  in_action: 'a redrive is at work on it',
  redriven: 'redriven already',
  discarded: 'discarded already',
  beyond_max: 'beyond --max',
};

/** What of it was not done, to come after what was. */
export function refusals({ refused, left }: Pick<Decided, 'refused' | 'left'>): string {
  const named = refused.map(({ id, why }) => `\n  ${pc.yellow(id)} refused: ${WHY[why] ?? why}`);
  return `${left > 0 ? `, ${left} more are pending` : ''}${named.join('')}`;
}
