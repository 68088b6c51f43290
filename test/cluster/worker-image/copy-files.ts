// COPY: files of the project or of an earlier stage, laid where the image has them.
import { cpSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { run } from '../run.ts';
import { visibleFiles } from './build-context.ts';
import type { Instruction } from './dockerfile.ts';

/** The instruction, and where it happens. */
export interface CopyRequest {
  readonly instruction: Extract<Instruction, { readonly kind: 'copy' }>;
  /** The project's folder, or the root directory of the stage that is copied from. */
  readonly source: string;
  /** Root directory of what is being made. */
  readonly root: string;
  readonly workingDirectory: string;
}

/**
 * A folder's content goes below the destination; a file becomes the destination, or goes into it when it ends in a slash.
 * @throws Error when a source is not there or .dockerignore hides it
 */
export async function copyFiles(request: CopyRequest): Promise<void> {
  const { instruction, root } = request;
  const owner = instruction.owner ?? '0:0';
  for (const { file, place } of copies(request)) {
    const target = join(root, place);
    mkdirSync(dirname(target), { recursive: true });
    if (instruction.from === undefined) cpSync(file, target);
    else await run(['cp', '-a', '-T', file, target], { timeoutMs: 120_000 });
    await run(['chown', '-R', '-h', owner, target]);
  }
}

/** The files of the project, or the files and folders of another stage, each with its place in the image. */
export function copies(request: CopyRequest): readonly { readonly file: string; readonly place: string }[] {
  const { instruction, source, workingDirectory } = request;
  const destination = posix.resolve('/', workingDirectory, instruction.destination);
  const intoFolder = instruction.destination.endsWith('/');
  return instruction.sources.flatMap((name) => {
    const path = posix.normalize(name).replace(/\/$/, '');
    const place = intoFolder && !isFolder(join(source, path)) ? join(destination, posix.basename(path)) : destination;
    if (instruction.from !== undefined) return [{ file: join(source, path), place }];
    const files = visibleFiles(source).filter((file) => file === path || file.startsWith(`${path}/`));
    if (files.length === 0) throw new Error(`COPY ${name}: .dockerignore leaves no such file visible`);
    return files.map((file) => ({ file: join(source, file), place: join(place, file.slice(path.length)) }));
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
