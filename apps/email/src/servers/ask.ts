import { DependencyDown } from '@effectively-once/delivery';
import { ASK_TIMEOUT_MS } from '../config.js';

// With these statuses the service refuses every request of ours, so the receipt is not the cause.
const REFUSES_ALL = [401, 403, 429];

/**
 * Sends an HTTP request to another service. The caller judges a status below 500 that is about its
 * own question. A timeout is counted as an attempt, because this one question may be the cause.
 *
 * @throws DependencyDown, or the DOMException `TimeoutError` after 2 s.
 */
export async function ask(
  dependency: string,
  url: URL,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await reach(dependency, url, headers);
  const { status } = response;
  if (status >= 500 || REFUSES_ALL.includes(status)) {
    throw new DependencyDown(dependency, { cause: new Error(`status ${status}`) });
  }
  return response;
}

async function reach(dependency: string, url: URL, headers: Record<string, string>) {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') throw error;
    throw new DependencyDown(dependency, { cause: error });
  }
}
