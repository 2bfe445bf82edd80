import Table from 'cli-table3';
import { secondsUsed } from '../cpu/cpu-times.js';
import type { ComparedFigure } from './compare.js';
import { sumOfCpu, type Counter } from './ledger.js';
import type { CostReport, RateReport } from './report.js';

const NOT_MEASURED = 'not measured';
/** A connection below this is not part of the way of a payment. */
const MESSAGES_SHOWN_MIN = 0.1;
/** Below it the table would show a zero. */
const STORE_SHOWN_MIN = { B: 1, times: 0.01 };

type Measured = Pick<CostReport, 'idle' | 'memoryMb' | 'rates' | 'currency'>;

/** CPU of each process: idle, and of a payment at each rate. The most expensive first. */
export function processTable({ idle, memoryMb, rates }: Measured): string {
  const cpu = (used?: { user: number; system: number }) =>
    used ? `${fixed(secondsUsed(used))} (${fixed(used.user)} + ${fixed(used.system)})` : '–';
  const first = (name: string) => secondsUsed(rates.at(-1)?.ledger.cpuMs[name]);
  const names = Object.keys(idle.cpuMsPerS).sort((one, other) => first(other) - first(one));
  const sum = (mb?: Record<string, number>) =>
    mb && Object.values(mb).reduce((total, each) => total + each, 0);
  return table(
    ['core-ms of a payment (user + system)', ...rates.map(at), 'idle, ms/s', 'MB at rest'],
    [
      ...names.map((name) => [
        name,
        ...rates.map(({ ledger }) => cpu(ledger.cpuMs[name])),
        fixed(secondsUsed(idle.cpuMsPerS[name]), 1),
        fixed(memoryMb?.[name], 0),
      ]),
      [
        'all processes',
        ...rates.map(({ ledger }) => fixed(ledger.coreMs)),
        fixed(sumOfCpu(idle.cpuMsPerS), 1),
        fixed(sum(memoryMb), 0),
      ],
      [
        'audits of the console meanwhile',
        ...rates.map(({ hadAudit }) => (hadAudit ? 'yes' : 'no')),
        idle.hadAudit ? 'yes' : 'no',
        '',
      ],
      [
        'the load generator, in no sum',
        ...rates.map(({ loadGeneratorMs }) => fixed(loadGeneratorMs)),
        '',
        '',
      ],
    ],
  );
}

/** What went over each connection for one payment. The one with the most messages first. */
export function connectionTable({ idle, rates }: Measured): string {
  const of = (report: RateReport, where: string, what: string, unit: Counter['unit']) =>
    report.ledger.counters.find(
      (one) => one.where === where && one.what === what && one.unit === unit,
    )?.perPayment;
  const last = rates.at(-1);
  // The connector only listens to PostgreSQL, so what is received counts too.
  const messages = (edge: string) =>
    ['sent', 'received'].reduce(
      (sum, what) => sum + ((last && of(last, edge, what, 'times')) ?? 0),
      0,
    );
  const edges = [...new Set(last?.ledger.counters.map(({ where }) => where))]
    .filter((where) => where.includes(' → ') && messages(where) >= MESSAGES_SHOWN_MIN)
    .sort((one, other) => messages(other) - messages(one));
  if (edges.length === 0) return `connections: ${NOT_MEASURED}`;
  const pair = (report: RateReport, edge: string, unit: Counter['unit'], digits: number) =>
    ['sent', 'received'].map((what) => fixed(of(report, edge, what, unit), digits)).join(' / ');
  const idlePerS = (edge: string) =>
    idle.counters.find(
      ({ where, what, unit }) => where === edge && what === 'sent' && unit === 'times',
    )?.perS;
  return table(
    [
      'of a payment: sent / received',
      ...rates.flatMap((rate) => [`messages, ${at(rate)}`, `bytes, ${at(rate)}`]),
      'idle, sent/s',
    ],
    edges.map((edge) => [
      edge,
      ...rates.flatMap((rate) => [pair(rate, edge, 'times', 2), pair(rate, edge, 'B', 0)]),
      fixed(idlePerS(edge), 1),
    ]),
  );
}

/** What the stores and the broker count. */
export function storeTable({ idle, rates }: Measured): string {
  const counters = rates.at(-1)?.ledger.counters ?? [];
  const isSame = (one: Omit<Counter, 'value'>) => (other: Omit<Counter, 'value'>) =>
    one.where === other.where && one.what === other.what && one.unit === other.unit;
  const rows = counters.filter(
    ({ where, unit, perPayment }) =>
      !where.includes(' → ') && Math.abs(perPayment) >= STORE_SHOWN_MIN[unit],
  );
  return table(
    ['of a payment', ...rates.map(at), 'idle, per s'],
    [
      ...rows.map((row) => {
        const digits = row.unit === 'B' ? 0 : 2;
        const found = rates.map(({ ledger }) => ledger.counters.find(isSame(row))?.perPayment);
        return [
          `${row.where}: ${row.what}${row.unit === 'B' ? ', B' : ''}`,
          ...found.map((each) => fixed(each, digits)),
          fixed(idle.counters.find(isSame(row))?.perS, 1),
        ];
      }),
      [
        'elasticsearch: index, B of a document',
        ...rates.map(({ indexBytesPerDocument: bytes }) => fixed(bytes, 0)),
        '',
      ],
    ],
  );
}

/** Of the checkout, and from the commit to each effect. */
export function latencyTable({ rates }: Pick<Measured, 'rates'>): string {
  const names = [...new Set(rates.flatMap(({ latencyMs }) => Object.keys(latencyMs)))];
  const row = (name: string) =>
    rates.map(({ latencyMs: { [name]: each } }) =>
      each ? [each.p50, each.p90, each.p99].map((ms) => fixed(ms, 0)).join(' / ') : NOT_MEASURED,
    );
  return table(
    ['ms, p50 / p90 / p99', ...rates.map(at)],
    [
      ...names.map((name) => [name, ...row(name)]),
      [
        'all effects done after the last answer, s',
        ...rates.map((each) => fixed(each.drainedAfterS, 1)),
      ],
      ['paid / not paid', ...rates.map(({ paid, failed }) => `${paid} / ${failed}`)],
    ],
  );
}

/** What a million payments cost by the price table. */
export function costTable({ rates, currency }: Measured): string {
  const names = [...new Set(rates.flatMap((rate) => rate.costPerMillion.map(({ what }) => what)))];
  const cell = (rate: RateReport, name: string) => {
    const line = rate.costPerMillion.find(({ what }) => what === name);
    return line ? `${fixed(line.cost, 3)} (${fixed(line.amount)} ${line.unit})` : NOT_MEASURED;
  };
  const total = (rate: RateReport) =>
    fixed(
      rate.costPerMillion.reduce((sum, { cost }) => sum + cost, 0),
      3,
    );
  return table(
    [`${currency} for a million payments`, ...rates.map(at)],
    [
      ...names.map((name) => [name, ...rates.map((rate) => cell(rate, name))]),
      ['all of the above', ...rates.map(total)],
    ],
  );
}

export function comparisonTable(figures: readonly ComparedFigure[]): string {
  return table(
    ['figure', 'before', 'after', 'ratio', 'lowest to highest'],
    figures.map(({ what, before, after, ratio }) => [
      what,
      fixed(before),
      fixed(after),
      fixed(ratio.median),
      `${fixed(ratio.min)} to ${fixed(ratio.max)}`,
    ]),
  );
}

const at = ({ rate }: RateReport) => `${rate}/s`;

/** A figure that was not measured is absent, and not 0. */
function fixed(value: number | undefined, digits = 2): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}

function table(head: string[], rows: string[][]): string {
  const result = new Table({
    head,
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  result.push(...rows);
  return result.toString();
}
