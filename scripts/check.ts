// Everything that can be said about the code without running it for long: `npm run check`, and each check by its name.
// Usage: check.ts [NAME…] [ARGUMENT…]: all checks without a name; arguments begin with a dash and go to the tools.
import { fileURLToPath } from 'node:url';
import { runCommand } from '../src/processes/run-command.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const WITHIN_MS = 10 * 60_000;

/**
 * What the last run found out. For types it is exact. Lint trusts it for a file that has not changed, also where a type
 * has that the file imports; so `.ci/run` begins without it.
 */
const CACHE = '.proxybench/checks';

/** Longest first, so that the short ones fill the second core. */
const CHECKS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  lint: [['eslint', '--cache', '--cache-strategy', 'content', '--cache-location', `${CACHE}/lint`, '.']],
  unit: [['vitest', 'run', '--project', 'unit']],
  types: [['tsc', '-p', '.', '--incremental', '--tsBuildInfoFile', `${CACHE}/types.tsbuildinfo`]],
  imports: [
    ['depcruise', '--config', '.dependency-cruiser.mjs', 'src', 'scripts', 'test', 'bench'],
    ['depcruise', '--config', '.dependency-cruiser.workflows.mjs', 'src/workflows'],
  ],
  format: [['biome', 'format', '.']],
};

/** One for each core of the least machine: more would only make each of them slower. */
const AT_ONCE = 2;

const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith('-'));
const names = words.slice(0, firstOption === -1 ? words.length : firstOption);
const options = firstOption === -1 ? [] : words.slice(firstOption);
const unknown = names.filter((name) => !(name in CHECKS));

if (unknown.length > 0) {
  process.stderr.write(`No check is called ${unknown.join(', ')}. There are: ${Object.keys(CHECKS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = (await runAll(names.length > 0 ? names : Object.keys(CHECKS))) ? 0 : 1;
}

async function runAll(wanted: readonly string[]): Promise<boolean> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const queue = [...wanted];
  let allGood = true;
  const serve = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      allGood = (await runOne({ name, signal: stop.signal })) && allGood;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, serve));
  return allGood;
}

async function runOne(input: { readonly name: string; readonly signal: AbortSignal }): Promise<boolean> {
  const startedAtMs = performance.now();
  const lines: string[] = [];
  let good = true;
  for (const [tool = '', ...args] of CHECKS[input.name] ?? []) {
    const run = await runCommand({
      command: [process.execPath, `node_modules/.bin/${tool}`, ...args, ...options],
      env: Object.fromEntries(
        Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      cwd: ROOT,
      timeoutMs: WITHIN_MS,
      signal: input.signal,
      onLine: (line) => lines.push(line),
    });
    good &&= run.ended === 'by-itself' && run.exit.code === 0;
  }
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  if (!good) process.stdout.write(`${lines.join('\n')}\n`);
  process.stdout.write(`${good ? 'ok    ' : 'FAILED'} ${input.name} (${seconds} s)\n`);
  return good;
}
