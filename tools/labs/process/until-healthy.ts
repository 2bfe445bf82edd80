import { pollUntil } from '@effectively-once/timing';
import type { LabProcess } from './lab-process.js';

const POLL_MS = 50;
const WITHIN_MS = 60_000;

/** @throws Error if the process ends, TimeoutError if it does not answer within a minute. */
export async function untilHealthy(url: string, started: LabProcess): Promise<void> {
  const isHealthy = async () => {
    started.assertRuns();
    const answer = await fetch(`${url}/health/live`).catch(() => undefined);
    return answer?.ok ?? false;
  };
  await pollUntil(isHealthy, {
    everyMs: POLL_MS,
    timeoutMs: WITHIN_MS,
    timeoutMessage: () => `${url} did not become healthy`,
  });
}
