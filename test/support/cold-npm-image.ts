// An image with npm whose last layer nobody else uses, so that forgetting it makes the next pull of it a real one.
import { createCipheriv } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forgetImages } from '../cluster/faults.ts';
import { buildDebianImages } from '../cluster/images/debian-images.ts';
import { buildImage } from '../cluster/images/image.ts';
import type { LayerRecipe } from '../cluster/images/layer.ts';
import { pushImage } from '../cluster/images/push-image.ts';
import { systemProgram } from '../cluster/programs.ts';
import type { TestCluster } from '../cluster/test-cluster.ts';

const NAME = 'library/node:22-of-doctor';
const MIB = 1024 * 1024;
/** Enough for a pull that readings cannot miss. */
const LAYER_MIB = 64;

/** Its full reference, once the registry has it and the node does not. */
export async function provideColdNpmImage(cluster: TestCluster): Promise<string> {
  const cache = cluster.cacheDirectory;
  const busybox = systemProgram({ name: 'busybox', env: process.env });
  const onProgress = (): void => undefined;
  const images = await buildDebianImages({ cache, busybox, env: process.env, onProgress });
  const base = images.find(({ name }) => name === 'library/node:22-bookworm');
  if (base === undefined) throw new Error('the test cluster has no Node image');
  const noise: LayerRecipe = {
    description: `${LAYER_MIB} MiB that do not compress`,
    key: `noise of doctor ${LAYER_MIB} MiB 1`,
    fill: async (directory) => {
      const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
      writeFileSync(join(directory, 'noise'), cipher.update(Buffer.alloc(LAYER_MIB * MIB)));
    },
  };
  const image = await buildImage({ cache, recipe: { base, name: NAME, layers: [noise] } });
  await pushImage({ image, registryUrl: cluster.addresses.registryStorage });
  const reference = `docker.io/${NAME}`;
  await forgetImages([reference]);
  return reference;
}
