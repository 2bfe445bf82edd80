import { Badge, CopyButton } from '../parts/small.js';
import { durationText } from '../parts/text/relative-time.js';
import { middleEllipsis } from '../parts/text/middle-ellipsis.js';
import type { ShopAttempt, SentRequest, ShownAnswer } from './sending.js';

/** Every request on the left, and every answer to it on the right, newest request last. */
export function Answers({ all }: { all: readonly SentRequest[] }) {
  if (all.length === 0) return <HowItWorks />;
  return (
    <ol class="exchanges">
      {all.map((request, index) => (
        <Exchange key={request.id} request={request} number={index + 1} isFirst={index === 0} />
      ))}
    </ol>
  );
}

function HowItWorks() {
  return (
    <ol class="how panel">
      <li>
        <b>Double-click Pay.</b> The browser sends two requests at the same time, with the same
        Idempotency-Key.
      </li>
      <li>
        <b>See both answers here.</b> One pays. The other is told to wait (409), asks again, and
        gets the same bytes.
      </li>
      <li>
        <b>Read the verdict at the top.</b> The audit compares every store: nothing lost, nothing
        doubled.
      </li>
    </ol>
  );
}

interface ExchangeProps {
  request: SentRequest;
  number: number;
  isFirst: boolean;
}

function Exchange({ request, number, isFirst }: ExchangeProps) {
  const { label, idempotencyKey, body, attempts, state, why } = request;
  return (
    <li class="panel exchange" data-request={number}>
      <div class="request">
        <header>
          <span class="exchange-number num">{number}</span>
          <b>{label}</b>
        </header>
        <p class="mono line">POST /v1/payments</p>
        <p class="mono line dim" title={idempotencyKey}>
          Idempotency-Key: {middleEllipsis(idempotencyKey, 17)}
          <CopyButton text={idempotencyKey} label="key" />
        </p>
        {isFirst ? (
          <pre>{JSON.stringify(body, null, 2)}</pre>
        ) : (
          <details>
            <summary>
              Body<span class="hidden"> of request {number}</span>
            </summary>
            <pre>{JSON.stringify(body, null, 2)}</pre>
          </details>
        )}
      </div>
      <ol class="attempts">
        {attempts.map((attempt) => (
          <AttemptRow
            key={attempt.number}
            attempt={attempt}
            name={`${number}.${attempt.number}`}
            isOpen={isFirst}
          />
        ))}
        {state === 'stopped' ? <li class="attempt dim">{why}</li> : null}
      </ol>
    </li>
  );
}

interface AttemptProps {
  attempt: ShopAttempt;
  name: string;
  isOpen: boolean;
}

function AttemptRow({ attempt, name, isOpen }: AttemptProps) {
  const { number, method, path, outcome, answer, durationMs, nextInMs } = attempt;
  const shown = answer
    ? {
        'data-answer': name,
        'data-status': String(answer.status),
        'data-same-bytes': String(answer.hasSameBytes),
        'data-final': String(answer.isFinal),
      }
    : {};
  return (
    <li class="attempt" data-attempt={name} {...shown}>
      <header>
        <span class="dim num">Attempt {number}</span>
        <StatusBadge attempt={attempt} />
        <span class="dim num">{durationMs === null ? '' : durationText(durationMs)}</span>
        {answer?.isFinal && answer.hasSameBytes ? (
          <span class="same">{number === 1 && isOpen ? 'first final' : 'same bytes'}</span>
        ) : null}
        {answer?.isFinal && !answer.hasSameBytes ? <span class="same">other bytes</span> : null}
      </header>
      {method === 'GET' ? (
        <p class="mono line dim" title={path}>
          GET {middleEllipsis(path, 30)}
        </p>
      ) : null}
      {answer ? <AnswerBody answer={answer} isOpen={isOpen && answer.isFinal} /> : null}
      {outcome === 'dropped' ? <p class="dim">The page threw this answer away.</p> : null}
      {nextInMs !== null ? <p class="dim">Asks again after {durationText(nextInMs)}</p> : null}
    </li>
  );
}

function StatusBadge({ attempt: { answer, outcome } }: { attempt: ShopAttempt }) {
  if (outcome === 'waiting') return <Badge tone="calm">waiting</Badge>;
  if (outcome === 'dropped') return <Badge tone="late">answer lost</Badge>;
  if (!answer) return <Badge tone="late">no answer</Badge>;
  const { status, code, kind } = answer;
  const tone = !answer.isFinal ? (kind === 'look' ? 'calm' : 'late') : status < 300 ? 'ok' : 'bad';
  return (
    <Badge tone={tone}>
      <b class="num">{status}</b> {code?.replaceAll('_', ' ') ?? answer.paymentStatus ?? ''}
    </Badge>
  );
}

const SHOWN_HEADERS: { name: string; read: (answer: ShownAnswer) => string | null }[] = [
  { name: 'Idempotent-Replayed', read: ({ isReplayed }) => (isReplayed ? 'true' : null) },
  { name: 'Location', read: ({ location, kind }) => (kind === 'pay' ? location : null) },
  { name: 'Retry-After', read: ({ retryAfter }) => retryAfter },
];

function AnswerBody({ answer, isOpen }: { answer: ShownAnswer; isOpen: boolean }) {
  const headers = SHOWN_HEADERS.flatMap(({ name, read }) => {
    const value = read(answer);
    return value === null ? [] : [{ name, value }];
  });
  return (
    <>
      {headers.length > 0 ? (
        <dl class="headers mono">
          {headers.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd title={value}>{middleEllipsis(value, 34)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      <details open={isOpen}>
        <summary>Body, {answer.bytes} bytes</summary>
        <pre>{pretty(answer.text)}</pre>
      </details>
    </>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not JSON: shown as it came.
    return text.slice(0, 4_000);
  }
}
