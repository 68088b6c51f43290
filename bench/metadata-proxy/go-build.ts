// Builds the benchmark's own Go programs, once for each state of their source.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isExecutableFile } from '../../src/processes/find-on-path.ts';
import { cacheDirectory } from '../../src/processes/go-install.ts';
import { runCommand } from '../../src/processes/run-command.ts';

const WITHIN_MS = 10 * 60_000;

/**
 * The program whose source is in `directory`, named as that is; built into the cache unless it is there.
 * @throws Error with the compiler's last line
 */
export async function goBuild({ directory }: { readonly directory: string }): Promise<string> {
  const name = basename(directory);
  const hash = createHash('sha256');
  for (const file of (await readdir(directory)).toSorted()) {
    hash.update(file).update(await readFile(join(directory, file)));
  }
  const home = join(cacheDirectory(process.env), 'bench', name, hash.digest('hex').slice(0, 16));
  const place = join(home, name);
  if (isExecutableFile(place)) return place;
  await mkdir(home, { recursive: true });
  const workshop = await mkdtemp(join(home, 'building-'));
  try {
    const run = await runCommand({
      command: ['go', 'build', '-trimpath', '-o', join(workshop, name), '.'],
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', CGO_ENABLED: '0' },
      cwd: directory,
      timeoutMs: WITHIN_MS,
    });
    if (run.exit.code !== 0) throw new Error(`${name} cannot be built: ${run.lines.at(-1) ?? run.ended}`);
    await rename(join(workshop, name), place);
    return place;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}
