// What ends a program before its time: the clock, or whoever asked for it.

/** `reason` settles when the time is over or `signal` aborts; `forget` once nobody waits for it any more. */
export function stopsOn(input: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number }): {
  readonly reason: Promise<'timeout' | 'aborted'>;
  readonly forget: () => void;
} {
  let resolve: (reason: 'timeout' | 'aborted') => void = () => undefined;
  const reason = new Promise<'timeout' | 'aborted'>((settle) => {
    resolve = settle;
  });
  const timer = setTimeout(() => resolve('timeout'), input.timeoutMs);
  const onAbort = (): void => resolve('aborted');
  input.signal?.addEventListener('abort', onAbort, { once: true });
  if (input.signal?.aborted === true) onAbort();
  return {
    reason,
    forget: () => {
      clearTimeout(timer);
      input.signal?.removeEventListener('abort', onAbort);
    },
  };
}
