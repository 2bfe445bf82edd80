/** A store did not answer, so the audit gives no verdict. */
export class UnreadableStore extends Error {
  override readonly name = 'UnreadableStore';
  constructor(
    readonly store: string,
    cause: unknown,
  ) {
    super(`cannot read ${store}: ${reasonOf(cause)}`, { cause });
  }
}

/** Adds the store's name to every error of a reading. */
export async function reading<Result>(store: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof UnreadableStore ? error : new UnreadableStore(store, error);
  }
}

// If a name has two addresses and both refuse, the error is an AggregateError with an empty
// message.
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  // The message of fetch is only "fetch failed". Its cause has the reason.
  if (error.message === 'fetch failed' && error.cause) return reasonOf(error.cause);
  return error.message || error.name;
}
