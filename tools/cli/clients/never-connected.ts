/** Whether a `fetch` failed before there was a connection: then nobody has heard what was asked. */
export function neverConnected(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(String(cause?.code));
}
