// Stands for the official Node image that the worker's Dockerfile begins with: Debian, Node of the same version, npm.
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { debianLayer, debianMirror } from '../images/debian-base.ts';
import { buildImage } from '../images/image.ts';
import type { BuiltImage } from '../images/image.ts';
import type { LayerRecipe } from '../images/layer.ts';
import { run } from '../run.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Of the major version that Node 24 comes with. */
const NPM_VERSION = '11.19.1';

/**
 * Builds it on the Debian of the cluster's other images, which the node has already.
 * @param input.reference as the Dockerfile has it: `node:24.21.0-bookworm-slim`
 * @throws Error when that is not the version of Node that runs this
 */
export async function buildNodeBase(input: {
  readonly cache: string;
  readonly env: Environment;
  readonly reference: string;
}): Promise<BuiltImage> {
  const { cache, env, reference } = input;
  const version = /^node:([\d.]+)-bookworm-slim$/.exec(reference)?.[1];
  if (version !== process.versions.node) {
    throw new Error(`${reference} wants another Node than this one, ${process.versions.node}`);
  }
  const layers = [debianLayer({ mirror: await debianMirror() }), node({ version, env })];
  return buildImage({ cache, recipe: { name: `proxybench.test/${reference}`, layers, command: ['node'] } });
}

function node(input: { readonly version: string; readonly env: Environment }): LayerRecipe {
  const { version, env } = input;
  return {
    description: `Node ${version} with npm ${NPM_VERSION}`,
    key: `worker base node ${version} npm ${NPM_VERSION} ${process.arch} 1`,
    fill: async (directory) => {
      const local = join(directory, 'usr', 'local');
      const npm = join(local, 'lib', 'node_modules', 'npm');
      for (const place of [join(local, 'bin'), npm]) mkdirSync(place, { recursive: true });
      copyFileSync(process.execPath, join(local, 'bin', 'node'));
      const options = { cwd: npm, env, timeoutMs: 120_000 };
      const packed = await run(['npm', 'pack', '--silent', `npm@${NPM_VERSION}`], options);
      const archive = packed.trim().split('\n').at(-1) ?? '';
      await run(['tar', '-xzf', archive, '--strip-components=1', '--no-same-owner'], options);
      rmSync(join(npm, archive));
      symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin', 'npm'));
    },
  };
}
