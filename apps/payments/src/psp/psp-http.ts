import type { Agent } from 'node:http';
import { closeIdleConnections } from '@effectively-once/platform';
import Stripe from 'stripe';
import type { ReachPoint } from '../runtime/failure-points.js';

/** The PSP gave no complete answer. The cause is the socket's error. */
class PspConnectionError extends Error {
  override readonly name = 'PspConnectionError';
}

/**
 * The SDK's HTTP client with exactly one attempt. Even with `maxNetworkRetries: 0` the SDK repeats
 * a request after ECONNRESET or EPIPE (RequestSender._shouldRetry). If the first attempt charged
 * and the second one is refused, the SDK reports only ECONNREFUSED, and we would release the key.
 * The SDK decides by the socket's error code, so we hide the code from it.
 */
export function oneAttempt(agent: Agent, reach: ReachPoint = () => undefined): Stripe.HttpClient {
  const client = Stripe.createNodeHttpClient(agent);
  return {
    getClientName: () => client.getClientName(),
    makeRequest: async (...request) => {
      try {
        const answer = await client.makeRequest(...request);
        reach('during_psp_call');
        return answer;
      } catch (cause) {
        closeIdleConnections(agent);
        throw new PspConnectionError('the request to the PSP got no answer', { cause });
      }
    },
  };
}

// Without a connection the request never left. A reset or a timeout does not prove that.
const NO_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whether the request surely never reached the PSP. */
export function neverConnected(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeConnectionError)) return false;
  const detail: unknown = error.detail;
  if (!(detail instanceof PspConnectionError)) return false;
  return NO_CONNECTION.has(String((detail.cause as { code?: unknown } | undefined)?.code));
}
