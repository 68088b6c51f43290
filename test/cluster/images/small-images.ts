// Images of a few files: the sandbox's pause, the egress proxy, and a probe for quick tests.
import { createCipheriv, createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAUSE_IMAGE } from '../container-runtime.ts';
import { SING_BOX } from '../go-programs.ts';
import { run } from '../run.ts';
import { buildImage } from './image.ts';
import type { BuiltImage } from './image.ts';
import type { LayerRecipe } from './layer.ts';

export const SING_BOX_IMAGE = `proxybench.test/sing-box:${SING_BOX.version}`;
export const PROBE_IMAGE = 'proxybench/probe:1';
const MIB = 1024 * 1024;

/** Sleeps for ever and needs nothing. */
export async function buildPauseImage(input: {
  readonly cache: string;
  readonly busybox: string;
}): Promise<BuiltImage> {
  const { cache, busybox } = input;
  const recipe = {
    name: PAUSE_IMAGE,
    layers: [busyboxLayer(busybox)],
    entrypoint: ['/bin/busybox', 'sleep', '2147483647'],
  };
  return buildImage({ cache, recipe });
}

/** The egress proxy with a shell beside it, as the usual image has. */
export async function buildSingBoxImage(input: {
  readonly cache: string;
  readonly busybox: string;
  readonly singBox: string;
}): Promise<BuiltImage> {
  const { cache, busybox, singBox } = input;
  const program: LayerRecipe = {
    description: 'sing-box',
    key: `sing-box ${digestOfFile(singBox)}`,
    fill: async (directory) => {
      mkdirSync(join(directory, 'usr', 'local', 'bin'), { recursive: true });
      copyFileSync(singBox, join(directory, 'usr', 'local', 'bin', 'sing-box'));
    },
  };
  const recipe = { name: SING_BOX_IMAGE, layers: [busyboxLayer(busybox), program], entrypoint: ['sing-box'] };
  return buildImage({ cache, recipe });
}

/** A shell and four MiB that do not compress, so that a pull of it is seen at the proxy. */
export async function buildProbeImage(input: {
  readonly cache: string;
  readonly busybox: string;
}): Promise<BuiltImage> {
  const { cache, busybox } = input;
  const ballast: LayerRecipe = {
    description: '4 MiB that do not compress',
    key: 'ballast 4 MiB 1',
    fill: async (directory) => {
      const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(4 * MIB));
      writeFileSync(join(directory, 'ballast'), noise);
    },
  };
  return buildImage({
    cache,
    recipe: { name: PROBE_IMAGE, layers: [busyboxLayer(busybox), ballast], command: ['sh'] },
  });
}

/** This machine's static busybox under all its names. */
export function busyboxLayer(busybox: string): LayerRecipe {
  return {
    description: 'busybox',
    key: `busybox 2 ${digestOfFile(busybox)}`,
    fill: async (directory) => {
      const bin = join(directory, 'bin');
      for (const name of ['bin', 'etc', 'tmp', 'var', 'root', 'run']) mkdirSync(join(directory, name));
      copyFileSync(busybox, join(bin, 'busybox'));
      for (const applet of (await run([busybox, '--list'])).split('\n')) {
        if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(bin, applet));
      }
      writeFileSync(
        join(directory, 'etc', 'passwd'),
        'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n',
      );
      writeFileSync(join(directory, 'etc', 'group'), 'root:x:0:\nnobody:x:65534:\n');
    },
  };
}

/** Of the content; a file's size and date say nothing of what is in it. */
export function digestOfFile(file: string): string {
  return statSync(file).isFile() ? createHash('sha256').update(readFileSync(file)).digest('hex') : file;
}
