import * as http from 'node:http';
import * as https from 'node:https';
import { text } from 'node:stream/consumers';
import { DependencyDown } from '@effectively-once/delivery';
import { closeIdleConnections } from '@effectively-once/platform';
import { TimeoutError } from '@effectively-once/timing';
import { ASK_TIMEOUT_MS } from '../config.js';

// With these statuses the service refuses every request of ours, so the receipt is not the cause.
const REFUSES_ALL = [401, 403, 429];

export interface Question {
  /** Sent with POST, as JSON. Without it: GET. */
  body?: object;
  headers?: Record<string, string>;
  /** For connection, request and answer together; 2 s if absent. */
  timeoutMs?: number;
}

export interface HttpAnswer {
  status: number;
  isOk: boolean;
  /** @throws SyntaxError if it is no JSON. */
  json: () => unknown;
}

// node:http and not fetch, which costs a multiple of it: one question per mail is a hot path.
const agents = {
  http: new http.Agent({ keepAlive: true }),
  https: new https.Agent({ keepAlive: true }),
};

/**
 * Sends an HTTP request to another service. The caller judges a status below 500 that is about its
 * own question. A timeout is counted as an attempt, because this one question may be the cause.
 *
 * @throws DependencyDown, or TimeoutError.
 */
export async function ask(
  dependency: string,
  url: URL,
  question: Question = {},
): Promise<HttpAnswer> {
  const answer = await reach(dependency, url, question);
  const { status } = answer;
  if (status >= 500 || REFUSES_ALL.includes(status)) {
    throw new DependencyDown(dependency, { cause: new Error(`status ${status}`) });
  }
  return answer;
}

async function reach(dependency: string, url: URL, question: Question): Promise<HttpAnswer> {
  const { timeoutMs = ASK_TIMEOUT_MS } = question;
  let isTooLate = false;
  const request = open(url, question);
  const timeout = setTimeout(() => {
    isTooLate = true;
    request.destroy();
  }, timeoutMs);
  try {
    const response = await answerTo(request);
    const { statusCode: status = 0 } = response;
    const body = await text(response);
    return { status, isOk: status >= 200 && status < 300, json: () => JSON.parse(body) as unknown };
  } catch (error) {
    for (const agent of Object.values(agents)) closeIdleConnections(agent);
    if (isTooLate) throw new TimeoutError(`no answer within ${timeoutMs} ms`);
    throw new DependencyDown(dependency, { cause: error });
  } finally {
    clearTimeout(timeout);
  }
}

function open(url: URL, { body, headers = {} }: Question): http.ClientRequest {
  const isSecure = url.protocol === 'https:';
  const request = (isSecure ? https : http).request(url, {
    method: body ? 'POST' : 'GET',
    agent: isSecure ? agents.https : agents.http,
    headers: body ? { ...headers, 'content-type': 'application/json' } : headers,
  });
  request.end(body && JSON.stringify(body));
  return request;
}

async function answerTo(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return await new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
}
