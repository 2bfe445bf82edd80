import type { PaymentEvidence } from '../../../control-room/wire/evidence.js';
import { Icon } from '../../parts/icons.js';
import { Badge, Time, type Tone } from '../../parts/small.js';
import { Why } from '../../parts/why-disclosure.js';

const VERDICTS = {
  ok: { tone: 'ok', word: 'Once in every store', icon: 'ok' },
  late: { tone: 'late', word: 'Something is late', icon: 'late' },
  violated: { tone: 'bad', word: 'A guarantee is broken', icon: 'violated' },
  not_judged: { tone: 'calm', word: 'Not judged yet', icon: 'stale' },
} as const satisfies Record<string, { tone: Tone; word: string; icon: string }>;

/** What the audit's own invariants say about this one payment. */
export function Judgement({ judgement }: { judgement: PaymentEvidence['judgement'] }) {
  const { verdict, invariants, findings, judgedAt, unreadable } = judgement;
  const { tone, word, icon } = VERDICTS[verdict];
  return (
    <section class={`panel judgement judgement-${tone}`} aria-labelledby="judgement">
      <header class="panel-head">
        <h2 id="judgement" class={`tone-${tone}`}>
          <Icon name={icon} /> {word}
        </h2>
        <span class="dim">
          judged at <Time at={judgedAt} /> <Why name="audit" about="the judgement" />
        </span>
      </header>
      <ul class="lines">
        {findings.map((finding) => (
          <li key={finding.invariant + finding.why}>
            <Badge tone={finding.status === 'violated' ? 'bad' : 'late'}>
              {finding.invariant} {finding.status}
            </Badge>
            <span class="line-text">
              {finding.why}
              <small class="dim">{finding.kind}</small>
            </span>
          </li>
        ))}
        {unreadable.map((store) => (
          <li key={store}>
            <Badge tone="late">unreadable</Badge>
            <span class="line-text">{store} did not answer. Nothing is said about it.</span>
          </li>
        ))}
      </ul>
      <p class="judged dim">
        {invariants.length > 0 ? (
          <>
            Judged: <span class="num">{invariants.join(' · ')}</span>. What each says is on the{' '}
            <a href="/audit">audit page</a>.
          </>
        ) : (
          'No invariant was judged for this payment.'
        )}
      </p>
    </section>
  );
}
