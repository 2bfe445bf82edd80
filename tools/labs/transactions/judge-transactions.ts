import type { LabClaim, LabTable } from '../lab.js';
import type { ConnectOutcome } from './connect/measure-connect.js';
import type { CountingOutcome } from './counting/judge-counting.js';
import type { ProducerCost } from './producers/measure-producers.js';
import { holdsAt, PUBLISHED_CLAIMS, transactionCosts } from './published-claims.js';
import type { VisibilityOutcome } from './visibility/open-transaction.js';

/** Everything that a run measured. The small version has no Connect and two producers. */
export interface TransactionsMeasured {
  producers: ProducerCost[];
  connect: ConnectOutcome[];
  counting: CountingOutcome[];
  visibility: VisibilityOutcome;
  openMs: number;
}

const number = (value: number, digits = 0) =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits });

export function transactionsTable(measured: TransactionsMeasured): LabTable {
  const { producers, connect, counting, visibility } = measured;
  const producing = producers.map((cost) => [
    `produce: ${cost.mode}`,
    number(cost.perSecond),
    `${number(cost.ackP50Ms)} / ${number(cost.ackP99Ms)} ms`,
    `${number(cost.visibleP50Ms)} / ${number(cost.visibleP99Ms)} ms`,
    '',
  ]);
  const publishing = connect.map((one) => [
    `Connect, exactly once ${one.mode}`,
    number(one.perSecond),
    '',
    '',
    one.kills > 0
      ? `${one.publishedAgain} of ${one.events} published again after ${one.kills} kills`
      : '',
  ]);
  const counts = counting.map((one) => [
    `count in Kafka: ${one.way}`,
    '',
    '',
    '',
    `${one.wrong} of ${one.minutes} counts wrong after ${one.ends} ends`,
  ]);
  const rows = counting.map((one) => [
    `row outside Kafka: ${one.way}`,
    '',
    '',
    '',
    `${one.outsideDoubled} of ${one.payments} payments doubled`,
  ]);
  const holds = visibility.holds.map(({ end, heldMs }) => [
    `open transaction, then ${end}`,
    '',
    '',
    `held ${number(heldMs)} ms`,
    '',
  ]);
  return {
    head: [
      'what',
      'records/s',
      'acknowledged, p50 / p99',
      'read_committed sees it, p50 / p99',
      'after the kills',
    ],
    rows: [...producing, ...publishing, ...counts, ...rows, ...holds],
  };
}

export function transactionsFigures(measured: TransactionsMeasured): Record<string, number> {
  const { producers, connect, counting, visibility } = measured;
  return Object.fromEntries([
    ...producers.flatMap((one) => [
      [`${one.mode}: records/s`, Math.round(one.perSecond)],
      [`${one.mode}: acknowledged mean, ms`, one.ackMeanMs],
      [`${one.mode}: acknowledged p50, ms`, one.ackP50Ms],
      [`${one.mode}: acknowledged p99, ms`, one.ackP99Ms],
      [`${one.mode}: visible p50, ms`, one.visibleP50Ms],
      [`${one.mode}: visible p99, ms`, one.visibleP99Ms],
    ]),
    ...connect.flatMap((one) => [
      [`Connect ${one.mode}: events/s`, Math.round(one.perSecond)],
      [`Connect ${one.mode}: published again`, one.publishedAgain],
      [`Connect ${one.mode}: published again, read_uncommitted`, one.publishedAgainUncommitted],
    ]),
    ...counting.flatMap((one) => [
      [`${one.way}: payments`, one.payments],
      [`${one.way}: wrong counts`, one.wrong],
      [`${one.way}: counted too many`, one.surplus],
      [`${one.way}: output records that only read_uncommitted sees`, one.hidden],
      [`${one.way}: rows outside doubled`, one.outsideDoubled],
      [`${one.way}: standstill at most, ms`, Math.round(one.standstillMaxMs)],
    ]),
    ...visibility.holds.map(({ end, heldMs }) => [`held until ${end}, ms`, Math.round(heldMs)]),
  ]) as Record<string, number>;
}

/** Each published claim about the cost, and at which commit intervals it holds here. */
export function publishedClaimsTable(producers: readonly ProducerCost[]): LabTable {
  const costs = transactionCosts(producers);
  const rows = PUBLISHED_CLAIMS.map((claim) => [
    claim.text,
    ...costs.map((cost) =>
      claim.figure === 'throughputLost'
        ? `${number(-100 * cost.throughputLost)} %`
        : `${number(cost[claim.figure], 1)}×`,
    ),
    holdsAt(claim, costs),
  ]);
  return { head: ['published', ...costs.map(({ mode }) => mode), 'holds at'], rows };
}

export function transactionsClaims(measured: TransactionsMeasured): LabClaim[] {
  const { connect, counting, visibility, openMs, producers } = measured;
  const transaction = counting.find(({ way }) => way === 'transaction');
  const plain = counting.find(({ way }) => way === 'outputs first');
  const { abortedSeen, abortedSent, holds } = visibility;
  const exactly = (claim: string, value = NaN, bound = 0) => ({
    claim,
    value,
    atLeast: bound,
    atMost: bound,
  });
  const some = (claim: string, value = NaN) => ({ claim, value, atLeast: 1 });
  return [
    exactly('wrong counts with transactions', transaction?.wrong),
    some('wrong counts without transactions', plain?.wrong),
    some('payments doubled outside Kafka, with transactions', transaction?.outsideDoubled),
    some('payments doubled outside Kafka, without transactions', plain?.outsideDoubled),
    exactly('payments lost outside Kafka, with transactions', transaction?.outsideLost),
    some(
      'output records of ended transactions that only read_uncommitted sees',
      transaction?.hidden,
    ),
    exactly('zombies that the transactional id fenced', transaction?.fenced, transaction?.zombies),
    exactly('aborted records that read_committed saw', abortedSeen.read_committed),
    exactly('aborted records that read_uncommitted saw', abortedSeen.read_uncommitted, abortedSent),
    exactly('records that a reader did not see in the end', visibility.unseen),
    {
      claim: 'shortest time that an open transaction held the records behind it, ms',
      value: Math.min(...holds.map(({ heldMs }) => heldMs)),
      atLeast: openMs / 2,
    },
    exactly(
      'produced records that read_committed never saw',
      producers.reduce((sum, { unseen }) => sum + unseen, 0),
    ),
    ...connectClaims(connect),
  ];
}

function connectClaims(connect: readonly ConnectOutcome[]): LabClaim[] {
  const killed = connect.filter(({ kills }) => kills > 0);
  return killed.map((one): LabClaim => {
    const claim = `events published again by Connect, exactly once ${one.mode}`;
    const value = one.publishedAgain;
    return one.mode === 'off' ? { claim, value, atLeast: 1 } : { claim, value, atMost: 0 };
  });
}
