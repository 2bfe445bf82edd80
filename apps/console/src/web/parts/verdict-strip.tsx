import { clock } from '../live/render.js';
import { connection, verdict } from '../live/live.js';
import type { ShownVerdict } from '../live/verdict.js';
import { Icon } from './icons.js';
import { count } from './text/numbers.js';
import { ageText } from './text/relative-time.js';

const WORDS = {
  ok: 'All is well',
  late: 'Something is late',
  violated: 'A guarantee is broken',
  stale: 'No verdict',
} as const;

/** On every page: what the last audit of every store found, and when. */
export function VerdictStrip() {
  const shown = verdict.value;
  return (
    <section class={`strip strip-${shown.state}`} aria-label="Verdict of the audit">
      <span class="strip-word">
        <Icon name={shown.state} />
        {WORDS[shown.state]}
      </span>
      <div role="status" aria-atomic="false" data-verdict={shown.state} class="strip-text">
        {shown.state === 'stale' ? shown.why : <Numbers shown={shown} />}
        <Checked shown={shown} />
      </div>
      <ConnectionNote />
    </section>
  );
}

function Numbers({ shown }: { shown: Exclude<ShownVerdict, { state: 'stale' }> }) {
  const { lost, doubled, late, other } = shown.verdict;
  const numbers = [
    { name: 'lost', value: lost, href: '/payments?effects=lost' },
    { name: 'doubled', value: doubled, href: '/payments?effects=doubled' },
    { name: 'late', value: late, href: '/payments?effects=late' },
    { name: 'other', value: other, href: '/audit' },
  ];
  return (
    <>
      {numbers.map(({ name, value, href }, index) => (
        <span key={name}>
          {index > 0 ? ' · ' : ''}
          <a href={href} class={value > 0 ? `strip-number is-${name}` : 'strip-number'}>
            <b>{count(value)}</b> {name}
          </a>
        </span>
      ))}
    </>
  );
}

// It changes every second. A screen reader would read it aloud each time, so it is not live.
function Checked({ shown }: { shown: ShownVerdict }) {
  const { checkedAt } = shown;
  if (checkedAt === null) return null;
  const age = ageText(clock.value - Date.parse(checkedAt));
  return (
    <span class="strip-checked" aria-live="off" title={`${checkedAt} (UTC)`}>
      {shown.state === 'stale' ? ` · last checked ${age} ago` : ` · checked ${age} ago`}
    </span>
  );
}

function ConnectionNote() {
  const now = connection.value;
  if (now.state === 'lost') {
    const wait = Math.max(0, Math.ceil((now.retryAtMs - clock.value) / 1_000));
    return (
      <span class="connection is-lost" title={now.why}>
        <Icon name="plug" />
        Connection lost, retrying{wait > 0 ? ` in ${wait} s` : ' now'}
      </span>
    );
  }
  const isOpen = now.state === 'open';
  return (
    <span class={isOpen ? 'connection is-open' : 'connection'}>
      <i aria-hidden="true" />
      {isOpen ? 'Live' : 'Connecting'}
    </span>
  );
}
