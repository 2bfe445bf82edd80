/** A store did not answer, so nothing can be said about what is in it. */
export class UnreadableStore extends Error {
  override readonly name = 'UnreadableStore';
  constructor(
    readonly store: string,
    cause: unknown,
  ) {
    super(`cannot read ${store}: ${reasonOf(cause)}`, { cause });
  }
}

/** Names the store in whatever goes wrong while it is read. */
export async function reading<Result>(store: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof UnreadableStore ? error : new UnreadableStore(store, error);
  }
}

// A refused connection to a name with two addresses is an AggregateError with an empty message.
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  // fetch says "fetch failed" and keeps the reason in its cause.
  if (error.message === 'fetch failed' && error.cause) return reasonOf(error.cause);
  return error.message || error.name;
}
