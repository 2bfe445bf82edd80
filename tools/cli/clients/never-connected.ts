/** True if `fetch` failed before it had a connection. Then no server has seen the request. */
export function neverConnected(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(String(cause?.code));
}
