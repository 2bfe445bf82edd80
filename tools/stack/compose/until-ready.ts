import { pollUntil } from '@effectively-once/timing';

const POLL_MS = 500;
const REQUEST_TIMEOUT_MS = 3_000;

/**
 * Waits until every app answers 200 at `/health/ready`.
 * @throws TimeoutError that names the apps that are not ready.
 */
export async function untilReady(
  urls: Readonly<Record<string, string>>,
  { timeoutMs, everyMs = POLL_MS }: { timeoutMs: number; everyMs?: number },
): Promise<void> {
  let waiting = Object.keys(urls);
  const check = async () => {
    const ready = await Promise.all(waiting.map((app) => isReady(urls[app] ?? '')));
    waiting = waiting.filter((_, index) => !ready[index]);
    return waiting.length === 0;
  };
  const timeoutMessage = () => `not ready after ${timeoutMs / 1_000} s: ${waiting.join(', ')}`;
  await pollUntil(check, { everyMs, timeoutMs, timeoutMessage });
}

async function isReady(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  // A refused connection or an unknown host: the container has not started yet.
  const response = await fetch(new URL('/health/ready', url), { signal }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}
