// The worker's image without Docker: deploy/worker.Dockerfile is followed, instruction by instruction.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage } from '../images/image.ts';
import type { BuiltImage } from '../images/image.ts';
import type { LayerRecipe } from '../images/layer.ts';
import { copies, copyFiles } from './copy-files.ts';
import type { CopyRequest } from './copy-files.ts';
import { parseDockerfile } from './dockerfile.ts';
import type { Instruction } from './dockerfile.ts';
import { buildNodeBase } from './node-base.ts';
import { runStage } from './stage-root.ts';
import { treeDigest } from './tree-digest.ts';

export const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
export const WORKER_DOCKERFILE = join(PROJECT, 'deploy', 'worker.Dockerfile');

/**
 * Builds it under that name, `proxybench/worker:0.1.0`. The official Node image that the Dockerfile begins with is not to
 * be had without its registry; Debian with the same Node stands for it. Minutes at first, seconds when little has changed.
 * @throws Error naming the step that failed
 */
export async function buildWorkerImage(input: {
  readonly name: string;
  readonly cache: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (line: string) => void;
}): Promise<BuiltImage> {
  const { name, cache, env, onProgress } = input;
  const [build, final, ...more] = parseDockerfile(readFileSync(WORKER_DOCKERFILE, 'utf8'));
  if (build?.name !== 'build' || final === undefined || more.length > 0 || build.base !== final.base) {
    throw new Error('the worker’s Dockerfile has other stages than `build` and the last one');
  }
  const base = await buildNodeBase({ cache, env, reference: build.base });
  const workshop = join(cache, 'worker-build');
  mkdirSync(workshop, { recursive: true });
  const root = await runStage({ stage: build, base, context: PROJECT, workshop, onProgress });
  const settings = settingsOf(final.instructions);
  const layers: LayerRecipe[] = [];
  for (const instruction of final.instructions) {
    if (instruction.kind === 'run') throw new Error('the last stage copies; what it runs is not followed');
    if (instruction.kind !== 'copy') continue;
    const source = instruction.from === undefined ? PROJECT : root;
    layers.push(layerOf({ instruction, source, workingDirectory: settings.workingDirectory }));
  }
  return buildImage({ cache, recipe: { name, base, layers, ...settings } });
}

/** A layer by what is in it, as engines do: an unchanged one is neither packed nor sent again. */
function layerOf(request: Omit<CopyRequest, 'root'>): LayerRecipe {
  const { instruction } = request;
  const hash = createHash('sha256').update(instruction.owner ?? '');
  for (const { file, place } of copies({ ...request, root: '/' })) hash.update(`${place} ${treeDigest(file)}\n`);
  return {
    description: `COPY ${instruction.sources.join(' ')} ${instruction.destination}`,
    key: `worker ${hash.digest('hex')}`,
    fill: (root) => copyFiles({ ...request, root }),
  };
}

function settingsOf(instructions: readonly Instruction[]) {
  const argv = (kind: 'entrypoint' | 'command'): readonly string[] | undefined =>
    instructions.flatMap((each) => (each.kind === kind ? [each.argv] : [])).at(-1);
  const value = (kind: 'workdir' | 'user'): string | undefined =>
    instructions.flatMap((each) => (each.kind === kind ? [each.value] : [])).at(-1);
  const pairs = (kind: 'env' | 'label'): Readonly<Record<string, string>> =>
    Object.fromEntries(instructions.flatMap((each) => (each.kind === kind ? [[each.name, each.value]] : [])));
  return {
    env: pairs('env'),
    labels: pairs('label'),
    workingDirectory: value('workdir') ?? '/',
    user: value('user') ?? '0:0',
    entrypoint: argv('entrypoint') ?? [],
    command: argv('command') ?? [],
  };
}
