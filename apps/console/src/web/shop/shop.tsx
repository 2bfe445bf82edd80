import { useEffect } from 'preact/hooks';
import { isOperator } from '../live/session.js';
import { formatMoney } from '@effectively-once/contracts/money';
import { PageTitle } from '../parts/page-title.js';
import { Icon } from '../parts/icons.js';
import { ProblemBox } from '../parts/small.js';
import { Answers } from './answers.js';
import { BasketForm } from './basket-form.js';
import { BurstPanel } from './burst-panel.js';
import type { SentRequest } from './sending.js';
import {
  finish,
  forget,
  readUnfinished,
  requests,
  shopProblem,
  unfinishedElsewhere,
} from './shop-state.js';

/** The customer's side: one basket, one key, and every answer that comes back. */
export function ShopPage() {
  useEffect(readUnfinished, []);
  return (
    <>
      <PageTitle title="Shop">
        <p>Click Pay as often as you like. One basket has one key, and one key is charged once.</p>
      </PageTitle>
      <Unfinished />
      <div class="shop">
        <BasketForm />
        <div class="shop-answers">
          {shopProblem.value ? <ProblemBox problem={shopProblem.value} /> : null}
          <Result all={requests.value} />
          <Answers all={requests.value} />
          <BurstPanel />
        </div>
      </div>
    </>
  );
}

function Unfinished() {
  if (unfinishedElsewhere.value.length === 0) return null;
  return (
    <section class="panel unfinished" aria-label="Unfinished payments">
      <h2>You left before the answer came</h2>
      <ul>
        {unfinishedElsewhere.value.map((payment) => (
          <li key={payment.idempotencyKey}>
            <span>
              Order <span class="mono">{payment.body.orderId}</span> of {payment.customer},{' '}
              {formatMoney(String(payment.body.amountMinor), payment.body.currency)}
            </span>
            <span class="actions">
              <button type="button" class="button primary" onClick={() => finish(payment)}>
                Finish it
              </button>
              <button type="button" class="button" onClick={() => forget(payment)}>
                Forget it
              </button>
            </span>
          </li>
        ))}
      </ul>
      <p class="dim">Its key is still known here. The same key finds out what became of it.</p>
    </section>
  );
}

/** One sentence about everything that was sent. It says only what the answers say. */
function Result({ all }: { all: readonly SentRequest[] }) {
  const outcome = outcomeOf(all);
  return (
    <div role="status" class={`result result-${outcome.tone}`}>
      {outcome.tone === 'calm' ? null : (
        <Icon name={outcome.tone === 'ok' ? 'ok' : outcome.tone === 'late' ? 'late' : 'violated'} />
      )}
      <span>
        <b>{outcome.text}</b> {outcome.more}
        {outcome.paymentId !== undefined && isOperator.value ? (
          <>
            {' · '}
            <a href={`/payments/${encodeURIComponent(outcome.paymentId)}`}>View payment →</a>
          </>
        ) : null}
        {outcome.counts ? <small class="num">{outcome.counts}</small> : null}
      </span>
    </div>
  );
}

interface Outcome {
  tone: 'calm' | 'ok' | 'late' | 'bad';
  text: string;
  more: string;
  counts?: string;
  paymentId?: string;
}

function outcomeOf(all: readonly SentRequest[]): Outcome {
  if (all.length === 0) {
    return { tone: 'calm', text: 'Nothing sent yet.', more: 'Double-click Pay, and look here.' };
  }
  const finals = all.flatMap(({ attempts }) =>
    attempts.flatMap(({ answer }) => (answer?.isFinal ? [answer] : [])),
  );
  const running = all.filter(({ state }) => state === 'running').length;
  const paid = finals.filter(({ status }) => status === 201);
  const charges = new Set(paid.map(({ payment }) => payment?.pspReference ?? ''));
  const keys = new Set(all.map(({ idempotencyKey }) => idempotencyKey)).size;
  const attempts = all.reduce((sum, each) => sum + each.attempts.length, 0);
  const still = running > 0 ? `, ${running} still running` : '';
  const counts = `${plural(attempts, 'request')} with ${plural(keys, 'key')}${still}`;
  const paymentId = paid[0]?.payment?.id;
  if (charges.size > 1) {
    return { tone: 'bad', text: `${charges.size} charges!`, more: [...charges].join(', ') };
  }
  if (paymentId !== undefined) {
    const more = `Charge ${[...charges].join('')}`;
    return { tone: 'ok', text: 'Paid once.', more, counts, paymentId };
  }
  if (running > 0) return { tone: 'late', text: 'Waiting for the answer.', more: '', counts };
  const refused = finals[0];
  if (!refused) {
    const why = all.find(({ why }) => why !== null)?.why ?? '';
    return { tone: 'late', text: 'No final answer.', more: why };
  }
  const id = refused.payment?.id;
  return {
    tone: 'bad',
    text: refused.status === 402 ? 'Not charged.' : `Refused with ${refused.status}.`,
    more: refused.code?.replaceAll('_', ' ') ?? '',
    counts,
    ...(id === undefined ? {} : { paymentId: id }),
  };
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
