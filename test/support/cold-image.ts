// An image that no node has: made for one run, so that its pull is cold whatever else is going on.
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDebianImages } from '../cluster/images/debian-images.ts';
import { type BuiltImage, buildImage } from '../cluster/images/image.ts';
import { blobFile } from '../cluster/images/layer.ts';
import { pushImage } from '../cluster/images/push-image.ts';
import { busyboxLayer } from '../cluster/images/small-images.ts';
import { systemProgram } from '../cluster/programs.ts';
import type { TestCluster } from '../cluster/test-cluster.ts';

const MIB = 1024 * 1024;

/**
 * Noise on top of the image with Node and npm, or of a bare shell, in the test cluster's registry. Gives its reference
 * under docker.io.
 */
export async function provideColdImage(
  cluster: TestCluster,
  { base = 'node', ballastMiB = 64 }: { readonly base?: 'node' | 'shell'; readonly ballastMiB?: number } = {},
): Promise<string> {
  const cache = cluster.cacheDirectory;
  const busybox = systemProgram({ name: 'busybox', env: process.env });
  const tag = randomBytes(6).toString('hex');
  const name = `proxybench/cold:${tag}`;
  const ballast = {
    description: `${ballastMiB} MiB of noise`,
    key: name,
    fill: (directory: string): Promise<void> => {
      writeFileSync(join(directory, 'ballast'), randomBytes(ballastMiB * MIB));
      return Promise.resolve();
    },
  };
  const image = await buildImage({
    cache,
    recipe:
      base === 'node'
        ? { name, base: await nodeImage({ cache, busybox }), layers: [ballast] }
        : { name, layers: [busyboxLayer(busybox), ballast] },
  });
  await pushImage({ image, registryUrl: cluster.addresses.registryStorage });
  const noise = image.layers.at(-1)?.digest;
  // Never wanted again, and the cache outlives the cluster.
  if (noise !== undefined) rmSync(blobFile({ cache, digest: noise }), { force: true });
  return `docker.io/${name}`;
}

async function nodeImage(input: { readonly cache: string; readonly busybox: string }): Promise<BuiltImage> {
  const images = await buildDebianImages({ ...input, env: process.env, onProgress: () => undefined });
  const node = images.find(({ name }) => name.startsWith('library/node:'));
  if (node === undefined) throw new Error('the test cluster has no image with Node');
  return node;
}
