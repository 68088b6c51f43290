// The project's own image on the test cluster's registry, under the name by which shipped profiles ask for it.
import { pushImage } from '../cluster/images/push-image.ts';
import { readTestCluster } from '../cluster/test-cluster.ts';
import { buildWorkerImage } from '../cluster/worker-image/worker-image.ts';

/** As docker.io knows it. */
const IMAGE = 'library/proxybench-worker:0.1.0';

/** Builds it where it is not built yet, and pushes it. @throws Error when the test cluster is not up */
export async function pushShippedImage({ onLine }: { readonly onLine: (line: string) => void }): Promise<void> {
  const own = readTestCluster();
  if (own === null) throw new Error('no test cluster runs: npm run cluster -- up');
  const image = await buildWorkerImage({
    name: IMAGE,
    cache: own.cacheDirectory,
    env: process.env,
    onProgress: onLine,
  });
  await pushImage({ image, registryUrl: own.addresses.registryStorage });
}
