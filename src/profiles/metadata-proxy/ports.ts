// Which port each program of a run listens on: all different, all on loopback.

/** Of the fake metadata server. */
export function upstreamPort({ firstPort }: { readonly firstPort: number }): number {
  return firstPort;
}

/** Of one proxy, counted from 0. */
export function proxyPorts(input: { readonly firstPort: number; readonly index: number }): {
  readonly listen: number;
  readonly metrics: number;
} {
  const listen = input.firstPort + 1 + 2 * input.index;
  return { listen, metrics: listen + 1 };
}
