// Waits for several calls to Temporal together, without leaving any of them behind on a connection about to close.

/** The values, in order, once all have settled. @throws the first rejection, after the others have settled too */
export async function settleAll<T>(calls: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
