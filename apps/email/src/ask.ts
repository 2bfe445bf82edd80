import { DependencyDown, RefusedForNow } from '@effectively-once/delivery';
import { ASK_TIMEOUT_MS } from './config.js';

// Statuses that are about us or about the service, so every question gets them.
const CONCERNS_EVERYBODY = [401, 403];

/**
 * Asks another service over HTTP; a status below 500 that is about the question itself is the caller's
 * to judge. No answer in time may be this question's fault, so it is counted.
 *
 * @throws DependencyDown, RefusedForNow, or the DOMException `TimeoutError` after 2 s.
 */
export async function ask(
  dependency: string,
  url: URL,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await reach(dependency, url, headers);
  const { status } = response;
  if (status === 429) throw new RefusedForNow(dependency, status);
  if (status >= 500 || CONCERNS_EVERYBODY.includes(status)) {
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
