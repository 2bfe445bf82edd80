import { neverConnected } from './never-connected.js';

const TIMEOUT_MS = 30_000;

export interface DlqItem {
  id: string;
  state: string;
  paymentId: string | null;
  errorClass: string | null;
  errorName: string;
  errorMessage: string;
  attempts: number;
  deadLetteredAt: string;
  redriveCount: number;
  /** The number of bytes of the original value, if the dead letter was cut. */
  valueCut: number | null;
  redrivableUntil: string | null;
  cannotRedrive: string | null;
}

export interface DlqPage {
  items: DlqItem[];
  nextCursor: string | null;
}

export interface DlqOverview {
  consumers: {
    consumer: string;
    depth: number;
    oldest: string | null;
    reasons: { errorClass: string | null; errorName: string; count: number }[];
    states: Record<string, number>;
  }[];
}

export interface DlqDetail extends DlqItem {
  originalTopic: string;
  originalPartition: number;
  originalOffset: string;
  record: {
    key: string | null;
    headers: Record<string, string>;
    event?: unknown;
    undecodable?: { message: string };
    valueHex?: string;
  } | null;
}

export interface DlqAction {
  id: string;
  count: number;
  done: number;
  givenBack: number;
  refused: DlqDecision['refused'];
  finishedAt: string | null;
}

export interface DlqDecision {
  count: number;
  ids: string[];
  refused: { id: string; why: string }[];
  left: number;
  action: DlqAction | null;
}

/** The console refused the request with a problem document (RFC 9457). */
export class ConsoleRefused extends Error {
  override readonly name = 'ConsoleRefused';
  constructor(
    readonly status: number,
    readonly problem: Record<string, unknown>,
  ) {
    const faults = (problem['errors'] ?? []) as { pointer: string; detail: string }[];
    const named = faults.map(({ pointer, detail }) => `\n  ${pointer} ${detail}`).join('');
    const { detail } = problem as { detail?: string };
    super((detail ?? `the console answered ${status}`) + named);
  }

  /** The dead letters that the console refused, each with the name of the reason. */
  get refused(): DlqDecision['refused'] {
    return (this.problem['refused'] ?? []) as DlqDecision['refused'];
  }
}

/**
 * Nothing answers at the address, or the console closed the connection before it answered. In the
 * second case the console may have stored the request already.
 */
export class ConsoleUnreachable extends Error {
  override readonly name = 'ConsoleUnreachable';
}

/**
 * The part of the operator API that `npm run dlq` uses.
 * Every call throws Refused or ConsoleUnreachable.
 */
export class DlqClient {
  constructor(private readonly options: { url: string; token: string }) {}

  overview = () => this.get<DlqOverview>('');
  list = (consumer: string, query: Record<string, string>) =>
    this.get<DlqPage>(`/${consumer}?${new URLSearchParams(query).toString()}`);
  show = (consumer: string, id: string) => this.get<DlqDetail>(`/${consumer}/${id}`);
  action = (id: string) => this.get<DlqAction>(`/actions/${id}`);
  redrive = (consumer: string, request: object) =>
    this.post<DlqDecision>(`/${consumer}/redrive`, request);
  discard = (consumer: string, request: object) =>
    this.post<DlqDecision>(`/${consumer}/discard`, request);

  private async get<Answer>(path: string): Promise<Answer> {
    return await this.call(path, { method: 'GET' });
  }

  private async post<Answer>(path: string, body: object): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return await this.call(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  private async call<Answer>(
    path: string,
    request: { method: string; headers?: Record<string, string>; body?: string },
  ): Promise<Answer> {
    const { url, token } = this.options;
    const response = await fetch(new URL(`/api/dlq${path}`, url), {
      ...request,
      headers: { ...request.headers, authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new ConsoleUnreachable(
        neverConnected(cause)
          ? `nothing answers at ${url}`
          : 'the console closed the connection before it answered; it still does what it had stored',
        { cause },
      );
    });
    const text = await response.text();
    const body = readJson(text);
    if (response.ok && body) return body as Answer;
    throw new ConsoleRefused(response.status, body ?? {});
  }
}

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // An HTML page of a proxy, or half an answer. The status is enough for the error message.
    return undefined;
  }
}
