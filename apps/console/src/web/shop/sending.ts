import { afterNoAnswer, isFinal, nextStep, type NextStep, type ReadAnswer } from './attempts.js';
import type { PayBody } from './basket.js';

/** One request of the customer, repeated until its answer is final. */
export interface SentRequest {
  id: number;
  /** Why it was sent: "Click 2 of 10". */
  label: string;
  customer: string;
  idempotencyKey: string;
  body: PayBody;
  attempts: ShopAttempt[];
  state: 'running' | 'done' | 'stopped';
  /** Why it stopped without a final answer. */
  why: string | null;
}

export interface ShopAttempt {
  number: number;
  method: 'POST' | 'GET';
  path: string;
  durationMs: number | null;
  /** `dropped`: the page threw the answer away, as a cut connection would. */
  outcome: 'waiting' | 'answered' | 'dropped' | 'no_answer';
  answer: ShownAnswer | null;
  /** How long the client waits before its next attempt; null if there is none. */
  nextInMs: number | null;
}

export interface ShownAnswer extends ReadAnswer {
  isReplayed: boolean;
  isFinal: boolean;
  /** Byte for byte equal to the first final answer. */
  hasSameBytes: boolean;
  bytes: number;
  text: string;
  payment: { id: string; pspReference: string | null } | null;
}

export interface World {
  fetch: (path: string, init: RequestInit) => Promise<Response>;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  nowMs: () => number;
  /** The request has changed. */
  changed: (request: SentRequest) => void;
  /** Compares with the first final answer of the basket, or becomes it. */
  isSame: (bytes: Uint8Array, isFinal: boolean) => boolean;
  signal: AbortSignal;
}

/** Within this time the request is on its way, and the answer usually is not. */
const DROP_AFTER_MS = 60;

/**
 * Sends a request and repeats it until its answer is final.
 * @param options.loseFirst throws the first answer away after 60 ms, and retries.
 */
export async function sendUntilFinal(
  request: SentRequest,
  world: World,
  options: { loseFirst?: boolean } = {},
): Promise<SentRequest> {
  let step: NextStep = { next: 'repeat', afterMs: 0 };
  while (step.next === 'repeat' || step.next === 'look') {
    if (step.afterMs > 0) await world.wait(step.afterMs, world.signal);
    if (world.signal.aborted) step = { next: 'stop', why: 'Stopped. The key is kept.' };
    else {
      const isLost: boolean = options.loseFirst === true && request.attempts.length === 0;
      const path: string | null = step.next === 'look' ? step.path : null;
      step = await attempt(request, world, { path, isLost });
    }
  }
  request.state = step.next === 'done' ? 'done' : 'stopped';
  request.why = step.next === 'stop' ? step.why : null;
  world.changed(request);
  return request;
}

async function attempt(
  request: SentRequest,
  world: World,
  { path, isLost }: { path: string | null; isLost: boolean },
): Promise<NextStep> {
  const current: ShopAttempt = {
    number: request.attempts.length + 1,
    method: path === null ? 'POST' : 'GET',
    path: path ?? '/v1/payments',
    durationMs: null,
    outcome: 'waiting',
    answer: null,
    nextInMs: null,
  };
  request.attempts.push(current);
  world.changed(request);
  const startedMs = world.nowMs();
  const cut = new AbortController();
  const timer = isLost ? setTimeout(() => cut.abort(), DROP_AFTER_MS) : undefined;
  let step: NextStep;
  try {
    const signal = AbortSignal.any([cut.signal, world.signal]);
    const response = await world.fetch(current.path, { ...initOf(request, current), signal });
    if (isLost) throw new Error('the answer is thrown away');
    current.answer = await shownAnswer(response, current, world);
    current.outcome = 'answered';
    step = nextStep(current.answer, current.number);
  } catch {
    current.outcome = isLost ? 'dropped' : 'no_answer';
    step = isLost ? { next: 'repeat', afterMs: 400 } : afterNoAnswer(current.number);
  } finally {
    clearTimeout(timer);
    cut.abort();
  }
  current.durationMs = world.nowMs() - startedMs;
  current.nextInMs = 'afterMs' in step ? step.afterMs : null;
  world.changed(request);
  return step;
}

function initOf(request: SentRequest, { method }: ShopAttempt): RequestInit {
  if (method === 'GET') return { method };
  return {
    method,
    headers: { 'content-type': 'application/json', 'idempotency-key': request.idempotencyKey },
    body: JSON.stringify(request.body),
  };
}

async function shownAnswer(
  response: Response,
  current: ShopAttempt,
  world: World,
): Promise<ShownAnswer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const members = membersOf(text);
  const word = (name: string) => (typeof members[name] === 'string' ? members[name] : null);
  const kind = current.method === 'POST' ? 'pay' : 'look';
  const read: ReadAnswer = {
    kind,
    status: response.status,
    code: word('type')?.split('/').pop() ?? null,
    paymentStatus: response.status < 400 ? word('status') : null,
    retryAfter: response.headers.get('retry-after'),
    location: response.headers.get('location') ?? (kind === 'look' ? current.path : null),
  };
  const id = word('id') ?? word('paymentId');
  return {
    ...read,
    isReplayed: response.headers.get('idempotent-replayed') === 'true',
    isFinal: isFinal(read),
    hasSameBytes: world.isSame(bytes, isFinal(read)),
    bytes: bytes.length,
    text,
    payment: id === null ? null : { id, pspReference: word('pspReference') },
  };
}

function membersOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Not from payments: a proxy between, perhaps. The text is shown as it is.
    return {};
  }
}

/** Remembers the first final answer. Compares bytes, not what they mean. */
export function sameBytesAsFirst() {
  let first: Uint8Array | null = null;
  return (bytes: Uint8Array, isFinalAnswer: boolean): boolean => {
    if (first === null && isFinalAnswer) first = bytes;
    if (first === null) return false;
    const one = first;
    return one.length === bytes.length && bytes.every((byte, index) => byte === one[index]);
  };
}
