// The images of the real profile under their real names: git, Node, Go, and a declared stand-in for Alpine.
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../run.ts';
import { debianLayer, debianMirror, provideGitAuthority, TRUST_ENVIRONMENT, trustLayer } from './debian-base.ts';
import { buildImage, goArchitecture } from './image.ts';
import type { BuiltImage, ImageRecipe } from './image.ts';
import type { LayerRecipe } from './layer.ts';
import { digestOfFile } from './small-images.ts';

export const STAND_IN_LABEL = 'dev.proxybench.stand-in';
const NODE_VERSION = '22.23.3';
const NPM_VERSION = '10.9.9';
const GO_VERSION = '1.24.13';
const APK = fileURLToPath(new URL('apk.sh', import.meta.url));
const FETCH_WITHIN_MS = 5 * 60_000;
const MIB = 1024 * 1024;

interface BuildInput {
  readonly cache: string;
  /** This machine's static busybox. */
  readonly busybox: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (line: string) => void;
}

/** Builds all four on one base, which a node pulls once. */
export async function buildDebianImages(input: BuildInput): Promise<readonly BuiltImage[]> {
  const { cache, onProgress } = input;
  const mirror = await debianMirror();
  const authority = await provideGitAuthority({ cache });
  const git: ImageRecipe = {
    name: 'alpine/git:2.47.2',
    layers: [debianLayer({ mirror }), trustLayer({ authority })],
    env: TRUST_ENVIRONMENT,
    command: ['bash'],
    labels: { [STAND_IN_LABEL]: "Debian's git instead of Alpine's; built by the proxybench test cluster" },
  };
  const build = async (recipe: ImageRecipe): Promise<BuiltImage> => {
    const image = await buildImage({ cache, recipe });
    onProgress(`image ${recipe.name}: ${Math.round(image.blobs.reduce((sum, { size }) => sum + size, 0) / MIB)} MiB`);
    return image;
  };
  const base = await build(git);
  const node: ImageRecipe = {
    base,
    name: 'library/node:22-bookworm',
    layers: [nodeLayer(input)],
    env: { NODE_VERSION },
    command: ['node'],
    labels: { [STAND_IN_LABEL]: "the real Node and npm on a smaller Debian base than Docker's own image has" },
  };
  const golang: ImageRecipe = {
    base,
    name: 'library/golang:1.24-bookworm',
    layers: [goLayer(input)],
    env: {
      GOLANG_VERSION: GO_VERSION,
      GOTOOLCHAIN: 'local',
      GOPATH: '/go',
      PATH: '/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    },
    workingDirectory: '/go',
    labels: { [STAND_IN_LABEL]: "the real Go on a smaller Debian base than Docker's own image has" },
  };
  const alpine: ImageRecipe = {
    base,
    name: 'library/alpine:3.20',
    layers: [alpineLayer({ busybox: input.busybox, mirror })],
    command: ['sh'],
    labels: { [STAND_IN_LABEL]: "busybox on Debian with an `apk` that downloads Debian's packages; not Alpine" },
  };
  const others = await Promise.all([node, golang, alpine].map(build));
  return [base, ...others];
}

/** Node from the npm package that carries its binary, and npm from its own. */
function nodeLayer({ env }: BuildInput): LayerRecipe {
  const architecture = process.arch;
  return {
    description: `Node ${NODE_VERSION} with npm ${NPM_VERSION}`,
    key: ['node 1', NODE_VERSION, NPM_VERSION, architecture].join(' '),
    fill: async (directory) => {
      const local = join(directory, 'usr/local');
      const modules = join(local, 'lib/node_modules');
      const bin = join(local, 'bin');
      mkdirSync(bin, { recursive: true });
      mkdirSync(modules, { recursive: true });
      const packages = [`node-linux-${architecture}@${NODE_VERSION}`, `npm@${NPM_VERSION}`];
      for (const [at, name] of packages.entries()) {
        const place = at === 0 ? join(directory, 'node-package') : join(modules, 'npm');
        mkdirSync(place);
        const options = { cwd: place, env, timeoutMs: FETCH_WITHIN_MS };
        const archive = (await run(['npm', 'pack', '--silent', name], options)).trim().split('\n').at(-1) ?? '';
        await run(['tar', '-xzf', archive, '--strip-components=1', '--no-same-owner'], options);
        rmSync(join(place, archive));
      }
      renameSync(join(directory, 'node-package/bin/node'), join(bin, 'node'));
      rmSync(join(directory, 'node-package'), { recursive: true });
      chmodSync(join(bin, 'node'), 0o755);
      for (const name of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name));
      symlinkSync('node', join(bin, 'nodejs'));
    },
  };
}

/** Go as the go command itself fetches toolchains: a module, vouched for by the checksum database. */
function goLayer({ env }: BuildInput): LayerRecipe {
  return {
    description: `Go ${GO_VERSION}`,
    key: ['go 1', GO_VERSION, goArchitecture()].join(' '),
    fill: async (directory) => {
      const local = join(directory, 'usr/local');
      for (const place of [local, join(directory, 'go')]) mkdirSync(place, { recursive: true });
      const choose = { ...env, GOTOOLCHAIN: `go${GO_VERSION}`, GOFLAGS: '', GOWORK: 'off' };
      const root = (
        await run(['go', 'env', 'GOROOT'], { cwd: directory, env: choose, timeoutMs: FETCH_WITHIN_MS })
      ).trim();
      await run(['cp', '-r', '--no-preserve=ownership', root, join(local, 'go')], { timeoutMs: FETCH_WITHIN_MS });
      await run(['chmod', '-R', 'u+w,go-w', join(local, 'go')]);
    },
  };
}

/** busybox as the shell, and the stand-in for apk with the list of what it uses. */
function alpineLayer(input: { readonly busybox: string; readonly mirror: string }): LayerRecipe {
  return {
    description: 'stand-in for Alpine: busybox, and an apk that downloads Debian packages',
    key: ['alpine 1', digestOfFile(input.busybox), digestOfFile(APK), input.mirror].join(' '),
    fill: async (directory) => {
      const bin = join(directory, 'usr/bin');
      const sbin = join(directory, 'usr/sbin');
      const apk = join(directory, 'etc/apk');
      for (const place of [bin, sbin, apk]) mkdirSync(place, { recursive: true });
      copyFileSync(input.busybox, join(bin, 'busybox'));
      // Debian's own shell stays for Debian's own scripts, as dash.
      for (const name of ['sh', 'wget', 'nslookup', 'vi', 'unzip', 'nc', 'ping'])
        symlinkSync('busybox', join(bin, name));
      copyFileSync(APK, join(sbin, 'apk'));
      chmodSync(join(sbin, 'apk'), 0o755);
      writeFileSync(join(apk, 'repositories'), `${input.mirror}/dists/bookworm/main\n`);
      writeFileSync(join(apk, 'world'), 'alpine-baselayout\nbusybox\nstand-in-for-alpine\n');
    },
  };
}
