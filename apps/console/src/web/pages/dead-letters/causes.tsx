import type { DeadLetterCause } from '../../../control-room/wire/dead-letters.js';
import { clock } from '../../live/render.js';
import { Badge, type Tone } from '../../parts/small.js';
import { middleEllipsis } from '../../parts/text/middle-ellipsis.js';
import { count } from '../../parts/text/numbers.js';
import { ageText } from '../../parts/text/relative-time.js';
import { addressOf, isSelected, ofCause, type Selection } from './selection.js';

const TONES: Record<DeadLetterCause['errorClass'], Tone> = {
  poison: 'bad',
  permanent: 'late',
  transient: 'calm',
  unknown: 'bad',
};

interface CausesProps {
  causes: DeadLetterCause[];
  selection: Selection;
}

/** One row per cause. The name of its error selects it. */
export function Causes({ causes, selection }: CausesProps) {
  return (
    <table class="rows cause-rows">
      <caption class="hidden">Dead letters by consumer, error class and error name</caption>
      <thead>
        <tr>
          <th scope="col">Consumer</th>
          <th scope="col">Error</th>
          <th scope="col">Class</th>
          <th scope="col" class="right">
            Dead letters
          </th>
          <th scope="col" class="right">
            Users
          </th>
          <th scope="col">First seen</th>
          <th scope="col">Last seen</th>
        </tr>
      </thead>
      <tbody>
        {causes.map((cause) => (
          <CauseRow
            key={`${cause.consumer} ${cause.errorClass} ${cause.errorName}`}
            cause={cause}
            selection={selection}
          />
        ))}
      </tbody>
    </table>
  );
}

function CauseRow({ cause, selection }: { cause: DeadLetterCause; selection: Selection }) {
  const { consumer, errorClass, errorName, users, withoutKey, inAction, atLoopGuard } = cause;
  const current = isSelected(selection, cause);
  return (
    <tr class={current ? 'is-current' : ''} data-cause={errorName}>
      <td class="cause-consumer">{consumer}</td>
      <td class="cause-name">
        <a
          href={addressOf(ofCause(selection.state, cause))}
          title={errorName}
          aria-current={current}
        >
          {middleEllipsis(errorName, 40)}
        </a>
        {inAction > 0 ? <small class="dim">{count(inAction)} in a redrive</small> : null}
        {atLoopGuard > 0 ? (
          <small class="dim">{count(atLoopGuard)} stopped by the loop guard</small>
        ) : null}
      </td>
      <td class="cause-class">
        <Badge tone={TONES[errorClass]}>{errorClass}</Badge>
      </td>
      <td class="right num cause-count">{count(cause.count)}</td>
      <td class="right num cause-users">
        {count(users)}
        {withoutKey > 0 ? <small class="dim"> + {count(withoutKey)} without a key</small> : null}
        <span class="only-narrow"> users</span>
      </td>
      <td class="cause-first">
        <Seen at={cause.firstSeen} word="first seen" />
      </td>
      <td class="cause-last">
        <Seen at={cause.lastSeen} word="last seen" />
      </td>
    </tr>
  );
}

function Seen({ at, word }: { at: string; word: string }) {
  return (
    <time dateTime={at} title={`${at} (UTC)`} class="num">
      <span class="only-narrow dim">{word} </span>
      {ageText(clock.value - Date.parse(at))} ago
    </time>
  );
}
