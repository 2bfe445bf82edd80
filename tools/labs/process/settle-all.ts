/**
 * Like `Promise.all`, but it waits for all of them also when one fails: each can then end its own
 * processes before the servers stop.
 * @throws the first error, in the order of the list.
 */
export async function settleAll<Result>(all: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(all);
  return await Promise.all(all);
}
