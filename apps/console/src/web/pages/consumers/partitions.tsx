import type { PartitionState } from '@effectively-once/contracts';
import { clock } from '../../live/render.js';
import { Badge, Empty, Id } from '../../parts/small.js';
import { middleEllipsis } from '../../parts/text/middle-ellipsis.js';
import { count } from '../../parts/text/numbers.js';
import {
  inSeconds,
  isIdle,
  isRedrive,
  lanesOf,
  uncommitted,
  type ShownLane,
} from './what-waits.js';

/** Of each partition. More would be a wall of lanes that work. */
const LANES_SHOWN = 6;

/** Partition by partition: how far it is, and which lanes are at work or wait. */
export function Partitions({ partitions }: { partitions: PartitionState[] }) {
  if (partitions.length === 0) return <Empty title="No partition is assigned to this process." />;
  const shown = partitions.filter((each) => !isRedrive(each) || !isIdle(each));
  const idle = partitions.length - shown.length;
  return (
    <>
      <div class="scroll-x" tabIndex={0} role="group" aria-label="Partitions">
        <table class="rows small-rows partition-rows">
          <thead>
            <tr>
              <th scope="col">Partition</th>
              <th scope="col" class="right" title="Everything below it is done">
                Watermark
              </th>
              <th scope="col" class="right">
                Committed
              </th>
              <th scope="col" class="right" title="Completed, and not committed yet">
                To commit
              </th>
              <th scope="col" class="right">
                In flight
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((each) => (
              <PartitionRows key={`${each.topic}/${each.partition}`} state={each} />
            ))}
          </tbody>
        </table>
      </div>
      {idle > 0 ? (
        <p class="idle-note dim">{idle} partitions of the redrive topic are idle.</p>
      ) : null}
    </>
  );
}

function PartitionRows({ state }: { state: PartitionState }) {
  const { partition, watermark, committed, inFlight, isPaused } = state;
  const lanes = lanesOf(state);
  const hidden = lanes.length - LANES_SHOWN;
  return (
    <>
      <tr>
        <td class="mono">
          {isRedrive(state) ? 'redrive' : 'main'}/{partition}
        </td>
        <td class="right num">{count(watermark)}</td>
        <td class="right num">{count(committed)}</td>
        <td class="right num">{count(uncommitted(state))}</td>
        <td class="right num">{count(inFlight)}</td>
        <td>{isPaused ? <Badge tone="late">paused</Badge> : <span class="dim">reads</span>}</td>
      </tr>
      {lanes.slice(0, LANES_SHOWN).map((lane) => (
        <tr key={lane.key} class="lane-row" data-lane={lane.key} data-parked={lane.isParked}>
          <td colSpan={6}>
            <Lane lane={lane} />
          </td>
        </tr>
      ))}
      {hidden > 0 ? (
        <tr class="lane-row">
          <td colSpan={6} class="dim">
            and {count(hidden)} more lanes
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Lane({ lane }: { lane: ShownLane }) {
  const { key, offset, paymentId, attempts, attemptsMax, nextAttemptAt, error } = lane;
  const { isParked, waitingRecords, holdsWatermark } = lane;
  return (
    <div class="lane">
      <Badge tone={isParked ? 'late' : 'calm'}>{isParked ? 'parked' : 'working'}</Badge>
      <span class="lane-text">
        <b title={key}>{middleEllipsis(key, 32)}</b> at offset <span class="num">{offset}</span>
        {waitingRecords > 0 ? `, ${count(waitingRecords)} more wait behind it` : ''}
        {holdsWatermark ? ', holds the watermark' : ''}
        {paymentId ? (
          <>
            {' '}
            <Id value={paymentId} href={`/payments/${paymentId}`} max={13} label="payment id" />
          </>
        ) : null}
      </span>
      <span class="lane-attempts num">
        <Attempts done={attempts} max={attemptsMax} />
        attempt {attempts} of {attemptsMax}
        {error ? ` · ${error}` : ''}
        {nextAttemptAt ? ` · next ${inSeconds(nextAttemptAt, clock.value)}` : ''}
      </span>
    </div>
  );
}

/** The words next to it say the same. */
const Attempts = ({ done, max }: { done: number; max: number }) => (
  <span class="attempts" aria-hidden="true">
    {Array.from({ length: Math.min(max, 10) }, (_, index) => (
      <i key={index} class={index < done ? 'is-done' : ''} />
    ))}
  </span>
);
