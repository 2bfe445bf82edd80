import { signIn, signOut, token } from './session.js';

/** A problem document (RFC 9457), or what the page says when there was no answer at all. */
export class AnswerProblem extends Error {
  override readonly name = 'AnswerProblem';
  constructor(
    /** 0: there was no answer. */
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(title);
  }
}

/**
 * Asks the console's API. A 401 ends the session: the sign-in page appears and keeps the address.
 * @throws AnswerProblem
 */
export async function api<Answer>(
  path: string,
  options: { method?: string; body?: unknown; signal?: AbortSignal } = {},
): Promise<Answer> {
  const response = await ask(path, options);
  if (response.status === 401) signOut();
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as Answer;
}

/** A picture, for the `src` of an image: in an image no script of an SVG runs. */
export async function apiPicture(path: string, signal: AbortSignal): Promise<string> {
  const response = await ask(path, { signal });
  if (response.status === 401) signOut();
  if (!response.ok) throw await problemOf(response);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte));
  return `data:image/svg+xml;base64,${btoa(letters.join(''))}`;
}

async function ask(
  path: string,
  { method = 'GET', body, signal }: { method?: string; body?: unknown; signal?: AbortSignal },
): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      headers: {
        ...(token.value === null ? {} : { authorization: `Bearer ${token.value}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new AnswerProblem(0, 'No answer', 'The console does not answer. Is it running?');
  }
}

async function problemOf(response: Response): Promise<AnswerProblem> {
  const text = await response.text().catch(() => '');
  let problem: { title?: unknown; detail?: unknown } = {};
  try {
    problem = (JSON.parse(text) ?? {}) as typeof problem;
  } catch {
    // Not a problem document: something between the page and the console has answered.
  }
  const title = typeof problem.title === 'string' ? problem.title : `HTTP ${response.status}`;
  const detail = typeof problem.detail === 'string' ? problem.detail : text.slice(0, 500);
  return new AnswerProblem(response.status, title, detail);
}

/** @throws AnswerProblem, 404 where the server has no demo sign-in. */
export async function askDemoToken(
  who: { role: 'operator' } | { role: 'customer'; user: string },
): Promise<string> {
  const answer = await api<{ token: string }>('/api/demo/sign-in', { method: 'POST', body: who });
  return answer.token;
}

export async function signInAsDemo(
  who: { role: 'operator' } | { role: 'customer'; user: string },
): Promise<void> {
  signIn(await askDemoToken(who));
}
