// `npm test`: sees to it that Temporal, sing-box and the test cluster can be used, runs vitest, closes with one plain line.
// Usage: run-tests.ts [VITEST ARGUMENT…], for example `npm test -- unit` or `npm test -- e2e -t "is cancelled"`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageOf, UnreachableError } from '../src/errors/errors.ts';
import { findTemporalCommand } from '../src/temporal/find-temporal.ts';
import { takeDown } from '../test/cluster/down.ts';
import { clusterLayout } from '../test/cluster/layout.ts';
import { bringUp } from '../test/cluster/up.ts';
import { whyNoTestCluster } from '../test/cluster/why-no-test-cluster.ts';
import { provideSingBox } from '../test/support/sing-box.ts';
import { usersCluster } from '../test/support/users-cluster.ts';
import { readReport, unexcused } from './testing/read-report.ts';
import type { TestReport } from './testing/read-report.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const STATE = `${ROOT}.proxybench`;
const REPORT = `${STATE}/test-report.json`;

const args = process.argv.slice(2);

try {
  // Found, fetched or built once and before any test, so that no test's time limit has to cover a build.
  if (!onlyUnit(args)) {
    await findTemporalCommand({ env: process.env, onProgress: say });
    // Where it cannot be built its tests are skipped with the reason, which CI does not accept.
    await provideSingBox({ env: process.env, onProgress: say }).catch((thrown: unknown) =>
      say(`no sing-box: ${messageOf(thrown)}`),
    );
  }
  const putBack = needsCluster(args) ? await provideCluster() : null;
  try {
    process.exitCode = await runTests();
  } finally {
    await putBack?.();
  }
} catch (thrown) {
  if (!(thrown instanceof UnreachableError)) throw thrown;
  say(`${thrown.message}\n  ${thrown.hint}`);
  process.exitCode = 1;
}

async function runTests(): Promise<number> {
  mkdirSync(STATE, { recursive: true });
  rmSync(REPORT, { force: true });
  const code = await vitest(['run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...args]);
  if (!existsSync(REPORT)) {
    say('vitest left no report');
    return code === 0 ? 1 : code;
  }
  const summary = readReport(JSON.parse(readFileSync(REPORT, 'utf8')) as TestReport);
  for (const title of summary.skipped.slice(0, 20)) say(`skipped: ${title}`);
  const strict = process.env['PROXYBENCH_NO_SKIPS'] === '1';
  const wrong = strict
    ? unexcused({ skipped: summary.skipped, allowed: process.env['PROXYBENCH_ALLOW_SKIPS'] ?? '' })
    : [];
  if (wrong.length > 0) say(`${wrong.length} skipped without PROXYBENCH_ALLOW_SKIPS naming them: ${wrong.join('; ')}`);
  // .ci/run has more to say after this and closes itself.
  const file = process.env['PROXYBENCH_CLOSING_LINE_FILE'];
  if (file === undefined) process.stdout.write(`${summary.closingLine}\n`);
  else writeFileSync(file, `${summary.closingLine}\n`);
  return code === 0 && (wrong.length > 0 || summary.failed > 0) ? 1 : code;
}

function vitest(vitestArgs: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${ROOT}node_modules/.bin/vitest`, ...vitestArgs], {
      cwd: ROOT,
      stdio: 'inherit',
    });
    // Ctrl-C reaches vitest by itself; this process has to outlive it to close properly.
    process.on('SIGINT', () => undefined);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function onlyUnit(words: readonly string[]): boolean {
  const filters = words.filter((word) => !word.startsWith('-'));
  return filters.length > 0 && filters.every((filter) => filter.includes('unit'));
}

function needsCluster(words: readonly string[]): boolean {
  const projects = words.filter((_, at) => words[at - 1] === '--project');
  return !onlyUnit(words) && (projects.length === 0 || projects.some((project) => project.includes('cluster')));
}

/** Brings the test cluster up where it can run and does not yet; gives what takes it down again. */
async function provideCluster(): Promise<(() => Promise<void>) | null> {
  const why = usersCluster() === null ? whyNoTestCluster() : 'your own cluster is used';
  if (why !== null) {
    say(`no test cluster: ${why}`);
    return null;
  }
  const layout = clusterLayout(process.env);
  const { wasUp } = await bringUp({ layout, env: process.env, onProgress: say });
  if (wasUp) return null;
  return async () => {
    const left = await takeDown({ layout, caches: false, onProgress: () => undefined });
    if (left.length === 0) return;
    say(`the test cluster has left ${left.join(', ')}`);
    process.exitCode = 1;
  };
}

function say(line: string): void {
  process.stderr.write(`proxybench: ${line}\n`);
}
