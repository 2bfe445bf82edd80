import { computed, effect, signal } from '@preact/signals';
import { askDemoToken } from '../live/api.js';
import type { AnswerProblem } from '../live/api.js';
import { atNextRender } from '../live/render.js';
import {
  claims,
  customerTokens,
  isOperator,
  paymentsUrl,
  token,
  tokenOf,
} from '../live/session.js';
import { asProblem } from '../parts/use-data.js';
import { bodyOf, DEMO_CUSTOMERS, newBasket, type Basket, type PayBody } from './basket.js';
import { sameBytesAsFirst, sendUntilFinal, type SentRequest, type World } from './sending.js';
import {
  forgetUnfinished,
  keepUnfinished,
  unfinishedPayments,
  type UnfinishedPayment,
} from './unfinished.js';

/** Requests of one basket that are shown. Each holds its answers' bodies. */
const REQUESTS_MAX = 50;

const firstCustomer = () =>
  claims.value && !isOperator.value ? claims.value.userId : DEMO_CUSTOMERS[0];

export const basket = signal<Basket>(newBasket({ customer: firstCustomer() }));
export const requests = signal<readonly SentRequest[]>([]);
export const shopProblem = signal<AnswerProblem | null>(null);
export const unfinished = signal<UnfinishedPayment[]>([]);
/** A payment may still be running in this tab. It is not offered as unfinished. */
export const unfinishedElsewhere = computed(() =>
  unfinished.value.filter(
    ({ idempotencyKey }) =>
      !requests.value.some(
        (one) => one.idempotencyKey === idempotencyKey && one.state !== 'stopped',
      ),
  ),
);

let leaving = new AbortController();
let isSame = sameBytesAsFirst();
let lastId = 0;

export function editBasket(changes: Partial<Basket>): void {
  basket.value = { ...basket.value, ...changes };
}

export function startNewBasket(): void {
  leaving.abort();
  leaving = new AbortController();
  isSame = sameBytesAsFirst();
  requests.value = [];
  shopProblem.value = null;
  const { customer, currency, card } = basket.peek();
  basket.value = newBasket({ customer, currency, card });
  readUnfinished();
}

export function readUnfinished(): void {
  unfinished.value = unfinishedPayments(localStorage, Date.now());
}

/** Every click sends its own request at once, as an impatient customer's browser would. */
export function payWithClicks(clicks: number): void {
  const body = bodyOf(basket.value);
  const { idempotencyKey } = basket.value;
  for (let click = 1; click <= clicks; click += 1) {
    const label = clicks === 1 ? 'Click' : `Click ${click} of ${clicks}`;
    void send({ label, idempotencyKey, body });
  }
}

export function payAndLoseTheAnswer(): void {
  const { idempotencyKey } = basket.value;
  const body = bodyOf(basket.value);
  void send({ label: 'Answer lost, then retried', idempotencyKey, body, loseFirst: true });
}

export function payWithAnotherBody(): void {
  const body = bodyOf(basket.value);
  const { idempotencyKey } = basket.value;
  const changed = { ...body, amountMinor: body.amountMinor + 100 };
  void send({ label: 'Same key, another body', idempotencyKey, body: changed });
}

export function payWithAnotherKey(): void {
  const body = bodyOf(basket.value);
  const idempotencyKey = crypto.randomUUID();
  void send({ label: 'Another key, same order', idempotencyKey, body });
}

/** Goes on with a payment of an earlier tab: its key finds out what became of it. */
export function finish(payment: UnfinishedPayment): void {
  startNewBasket();
  const { idempotencyKey, customer, body } = payment;
  editBasket({
    customer,
    idempotencyKey,
    orderId: body.orderId,
    amountMinor: body.amountMinor,
    currency: body.currency,
    card: body.paymentMethod,
  });
  void send({ label: 'Finish what was left open', idempotencyKey, body });
}

export function forget({ idempotencyKey }: UnfinishedPayment): void {
  forgetUnfinished(localStorage, idempotencyKey, Date.now());
  readUnfinished();
}

interface ToSend {
  label: string;
  idempotencyKey: string;
  body: PayBody;
  loseFirst?: boolean;
}

async function send({ label, idempotencyKey, body, loseFirst = false }: ToSend): Promise<void> {
  const { customer } = basket.value;
  shopProblem.value = null;
  const bearer = await tokenFor(customer);
  if (bearer === undefined) return;
  const request: SentRequest = {
    id: (lastId += 1),
    label,
    customer,
    idempotencyKey,
    body,
    attempts: [],
    state: 'running',
    why: null,
  };
  keepUnfinished(localStorage, { idempotencyKey, customer, body, sentAtMs: Date.now() });
  requests.value = [...requests.value, request].slice(-REQUESTS_MAX);
  await sendUntilFinal(request, world(bearer, customer), { loseFirst });
  if (request.state === 'done') forgetUnfinished(localStorage, idempotencyKey, Date.now());
  atNextRender(readUnfinished);
}

function world(bearer: string, customer: string): World {
  const mine = leaving.signal;
  return {
    fetch: async (path, init) => {
      const response = await fetch(`${paymentsUrl}${path}`, withToken(init, bearer));
      if (response.status === 401) forgetToken(customer);
      return response;
    },
    wait,
    nowMs: () => performance.now(),
    // A new array of the same requests: one render for all changes in a quarter of a second.
    changed: () => atNextRender(() => (requests.value = [...requests.value])),
    isSame,
    signal: mine,
  };
}

export function withToken(init: RequestInit, bearer: string): RequestInit {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${bearer}`);
  return { ...init, headers, cache: 'no-store' };
}

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

/** The next click signs in again. */
function forgetToken(customer: string): void {
  const { [customer]: _expired, ...others } = customerTokens.value;
  customerTokens.value = others;
}

const asking = new Map<string, Promise<string>>();

/** The token that pays for this customer. Two clicks at once sign in once. */
export async function tokenFor(customer: string): Promise<string | undefined> {
  const known = tokenOf(customer);
  if (known !== undefined) return known;
  const running = asking.get(customer) ?? askDemoToken({ role: 'customer', user: customer });
  asking.set(customer, running);
  try {
    const fresh = await running;
    customerTokens.value = { ...customerTokens.value, [customer]: fresh };
    return fresh;
  } catch (error) {
    shopProblem.value = asProblem(error);
    return undefined;
  } finally {
    asking.delete(customer);
  }
}

// Another visitor of this tab must not see the answers of the one before.
effect(() => {
  if (token.value === null) startNewBasket();
  else basket.value = { ...basket.peek(), customer: firstCustomer() };
});
