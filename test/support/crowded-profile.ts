// A profile of the metadata proxy with one set of limits and a crowd of clients, uncached: what holds so many needs room.

/** `firstPort` is the kind's own unless given. */
export function crowdedProfile(input: {
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly requests: number;
  readonly firstPort?: number;
}): object {
  const { firstPort, ...limit } = input;
  return {
    kind: 'metadata-proxy',
    deadlineSeconds: 300,
    sampling: { intervalMs: 1_000 },
    metadataProxy: {
      caching: 'off',
      maxConnections: 400,
      ...(firstPort === undefined ? {} : { firstPort }),
      limits: [{ ...limit, concurrency: 2_000, deadlineSeconds: 240 }],
    },
  };
}
