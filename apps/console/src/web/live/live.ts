import { computed, effect, signal } from '@preact/signals';
import type { ScenarioRun } from '@effectively-once/scenarios';
import type { PaymentSummary } from '../../control-room/wire/evidence.js';
import type {
  FaultsChanged,
  Overview,
  PaymentsChanged,
  Snapshot,
  Verdict,
} from '../../control-room/wire/overview.js';
import { atNextRender, clock } from './render.js';
import { isOperator, signOut, token } from './session.js';
import type { StreamEvent } from './sse-reader.js';
import { EventStreamClient, type StreamConnection } from './stream.js';
import { shownVerdict } from './verdict.js';

/** Latest payments that are kept. The list of all is asked from the server, page by page. */
const PAYMENTS_MAX = 100;
/** Rates that the sparkline shows: about two minutes at one point a second. */
const HISTORY_MAX = 120;

export const overview = signal<Overview | null>(null);
export const latestPayments = signal<PaymentSummary[]>([]);
export const connection = signal<StreamConnection>({ state: 'closed' });
/** Payments per second, as this page has seen them, oldest first. */
export const rateHistory = signal<number[]>([]);

/** Runs of scenarios, as the stream has told of them since its last snapshot, by id. */
export const liveRuns = signal<Record<string, ScenarioRun>>({});
/** How often the stream has begun anew. What it told before may be void. */
export const snapshots = signal(0);

const lastVerdict = signal<Verdict | null>(null);
export const verdict = computed(() =>
  shownVerdict(lastVerdict.value, connection.value, clock.value),
);

type PaymentListener = (changed: PaymentSummary[]) => void;
const listeners = new Set<PaymentListener>();

/** @returns how to stop listening. */
export function onPayments(listener: PaymentListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function receive({ name, data }: StreamEvent): void {
  if (name === 'ping') return;
  const body: unknown = JSON.parse(data);
  atNextRender(() => {
    if (name === 'snapshot') takeSnapshot(body as Snapshot);
    if (name === 'overview') takeOverview(body as Overview);
    if (name === 'verdict') lastVerdict.value = body as Verdict;
    if (name === 'payment') takePayments(body as PaymentsChanged);
    if (name === 'fault') takeFaults(body as FaultsChanged);
    if (name === 'scenario') takeRun(body as ScenarioRun);
  });
}

function takeSnapshot(snapshot: Snapshot): void {
  if (snapshot.overview) takeOverview(snapshot.overview);
  lastVerdict.value = snapshot.verdict;
  liveRuns.value = {};
  snapshots.value += 1;
  latestPayments.value = snapshot.payments.slice(0, PAYMENTS_MAX);
  for (const listener of listeners) listener(snapshot.payments);
}

function takeOverview(next: Overview): void {
  overview.value = next;
  if (next.payments.perSecond === null) return;
  const rate = Object.values(next.payments.perSecond).reduce((sum, each) => sum + each, 0);
  rateHistory.value = [...rateHistory.value, rate].slice(-HISTORY_MAX);
}

function takeFaults(faults: FaultsChanged): void {
  if (overview.value) overview.value = { ...overview.value, faults };
}

function takeRun(run: ScenarioRun): void {
  liveRuns.value = { ...liveRuns.value, [run.id]: run };
}

function takePayments(changed: PaymentsChanged): void {
  const ids = new Set(changed.map(({ id }) => id));
  const others = latestPayments.value.filter(({ id }) => !ids.has(id));
  latestPayments.value = [...changed, ...others]
    .sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1))
    .slice(0, PAYMENTS_MAX);
  for (const listener of listeners) listener(changed);
}

const isVisible = signal(!document.hidden);
document.addEventListener('visibilitychange', () => (isVisible.value = !document.hidden));

/** Opens the stream for an operator whose tab is visible, and closes it otherwise. */
export function keepStreamOpen(): void {
  effect(() => {
    const bearer = token.value;
    if (bearer === null || !isOperator.value || !isVisible.value) return;
    const stream = new EventStreamClient({
      url: '/api/stream',
      token: bearer,
      onEvent: receive,
      onConnection: (next) => atNextRender(() => (connection.value = next)),
      onRefused: signOut,
    });
    return () => stream.close();
  });
}
