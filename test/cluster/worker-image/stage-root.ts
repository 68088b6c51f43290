// Runs a build stage: a root directory that begins as an image and goes through the stage's instructions.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { blobFile } from '../images/layer.ts';
import type { BuiltImage } from '../images/image.ts';
import { run } from '../run.ts';
import { copies, copyFiles } from './copy-files.ts';
import type { Instruction, Stage } from './dockerfile.ts';
import { runInRoot } from './run-in-root.ts';
import { treeDigest } from './tree-digest.ts';

const WORTH_KEEPING_MS = 8_000;

/**
 * Carries the stage out and gives its root directory, which is overwritten by the next call. What a long RUN left in the
 * working directory is kept, by all that it followed from: the rest of a root is taken not to matter.
 */
export async function runStage(input: {
  readonly stage: Stage;
  readonly base: BuiltImage;
  readonly context: string;
  readonly workshop: string;
  readonly onProgress: (line: string) => void;
}): Promise<string> {
  const { stage, base, context, workshop } = input;
  const root = await provideRoot({ base, workshop });
  const workingDirectory = stage.instructions.find(({ kind }) => kind === 'workdir');
  if (workingDirectory?.kind !== 'workdir') throw new Error('a build stage needs a WORKDIR');
  const place = workingDirectory.value;
  const steps = withKeys({ stage, base, context, workingDirectory: place });
  const kept = (key: string): string => join(workshop, 'kept', key);
  rmSync(join(root, place), { recursive: true, force: true });
  const known = steps.findLastIndex(({ key, instruction }) => instruction.kind === 'run' && existsSync(kept(key)));
  if (known >= 0)
    await run(['cp', '-a', '-T', kept(steps[known]?.key ?? ''), join(root, place)], { timeoutMs: 120_000 });
  else mkdirSync(join(root, place), { recursive: true });
  const env: Record<string, string> = {};
  for (const [index, { instruction, key }] of steps.entries()) {
    if (instruction.kind === 'env') env[instruction.name] = instruction.value;
    if (index <= known) continue;
    if (instruction.kind === 'copy') {
      await copyFiles({ instruction, source: context, root, workingDirectory: place });
    } else if (instruction.kind === 'run') {
      input.onProgress(`RUN ${instruction.command.slice(0, 100)}`);
      const beganAtMs = performance.now();
      await runInRoot({ root, workingDirectory: place, env, command: instruction.command });
      if (performance.now() - beganAtMs < WORTH_KEEPING_MS) continue;
      mkdirSync(join(workshop, 'kept'), { recursive: true });
      await run(['cp', '-a', '-T', join(root, place), `${kept(key)}.new`], { timeoutMs: 120_000 });
      renameSync(`${kept(key)}.new`, kept(key));
    }
  }
  forgetAllBut({ directory: join(workshop, 'kept'), keys: steps.map(({ key }) => key) });
  return root;
}

/** Each instruction with the digest of all that its outcome follows from. */
function withKeys(input: {
  readonly stage: Stage;
  readonly base: BuiltImage;
  readonly context: string;
  readonly workingDirectory: string;
}): readonly { readonly instruction: Instruction; readonly key: string }[] {
  let key = input.base.manifestDigest;
  return input.stage.instructions.map((instruction) => {
    const hash = createHash('sha256').update(key).update(JSON.stringify(instruction));
    if (instruction.kind === 'copy') {
      const { context: source, workingDirectory } = input;
      const found = copies({ instruction, source, root: '/', workingDirectory });
      for (const { file, place } of found) hash.update(`${place} ${treeDigest(file)}\n`);
    }
    key = hash.digest('hex');
    return { instruction, key: key.slice(0, 24) };
  });
}

async function provideRoot(input: { readonly base: BuiltImage; readonly workshop: string }): Promise<string> {
  const root = join(input.workshop, `root-${input.base.manifestDigest.slice(7, 19)}`);
  if (existsSync(root)) return root;
  for (const name of readdirSync(input.workshop).filter((each) => each.startsWith('root'))) {
    rmSync(join(input.workshop, name), { recursive: true, force: true });
  }
  mkdirSync(`${root}.new`, { recursive: true });
  for (const { digest } of input.base.layers) {
    const archive = blobFile({ cache: join(input.workshop, '..'), digest });
    await run(['tar', '-C', `${root}.new`, '--numeric-owner', '-xpzf', archive], { timeoutMs: 180_000 });
  }
  renameSync(`${root}.new`, root);
  return root;
}

function forgetAllBut(input: { readonly directory: string; readonly keys: readonly string[] }): void {
  if (!existsSync(input.directory)) return;
  for (const name of readdirSync(input.directory)) {
    if (!input.keys.includes(name)) rmSync(join(input.directory, name), { recursive: true, force: true });
  }
}
