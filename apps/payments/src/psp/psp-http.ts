import Stripe from 'stripe';
import type { ReachPoint } from '../runtime/failure-points.js';

/** A request the PSP gave no whole answer to; the socket's own error is the cause. */
export class PspConnectionError extends Error {
  override readonly name = 'PspConnectionError';
}

/**
 * The SDK's HTTP client, held to one attempt. Even with `maxNetworkRetries: 0` the SDK sends a request
 * again after ECONNRESET or EPIPE (RequestSender._shouldRetry). If that second attempt is refused, its
 * ECONNREFUSED would hide a first one that charged, and the key would be freed. It looks for the
 * socket's error code, so the code is taken off its sight.
 */
export function oneAttempt(
  client: Stripe.HttpClient,
  reach: ReachPoint = () => undefined,
): Stripe.HttpClient {
  return {
    getClientName: () => client.getClientName(),
    makeRequest: async (...request) => {
      try {
        const answer = await client.makeRequest(...request);
        reach('during_psp_call');
        return answer;
      } catch (cause) {
        throw new PspConnectionError('the request to the PSP got no answer', { cause });
      }
    },
  };
}

// The connection never existed, so the request never left. A reset or a timeout proves no such thing.
const NO_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whether the request surely never reached the PSP. */
export function neverConnected(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeConnectionError)) return false;
  const detail: unknown = error.detail;
  if (!(detail instanceof PspConnectionError)) return false;
  return NO_CONNECTION.has(String((detail.cause as { code?: unknown } | undefined)?.code));
}
