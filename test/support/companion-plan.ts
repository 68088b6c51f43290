// Plans with a tiny program under test beside their stages, for a host target.
import { fileURLToPath } from 'node:url';
import { cgroupCandidates, makeCgroup, removeCgroup } from '../../src/cluster/host/companions/cgroup.ts';
import type { Companion, Stage } from '../../src/plan/plan.ts';
import { freePort } from './free-port.ts';
import { buildStage } from './plan-builder.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/companion.mjs', import.meta.url));

/** The program of test/fixtures/companion.mjs on a free port. */
export async function buildCompanion(
  overrides: Partial<Companion> = {},
): Promise<Companion & { readonly url: string }> {
  const port = await freePort();
  return {
    name: 'program',
    image: null,
    command: [process.execPath, '--max-semi-space-size=1', PROGRAM, String(port), 'hello'],
    env: [],
    files: {},
    ready: { port, path: '/healthz' },
    metrics: { port, path: '/metrics' },
    url: `http://127.0.0.1:${port}`,
    ...overrides,
  };
}

/** A stage that asks for each URL in turn, prints what it is told, and does not mind a program that ends meanwhile. */
export function buildAsking(input: { readonly urls: readonly string[] } & Partial<Stage>): Stage {
  const { urls, ...overrides } = input;
  const script = `for (const url of process.argv.slice(1)) {
    await fetch(url).then((answer) => answer.text()).then((text) => console.log(text.trim()), () => console.log('no answer'));
  }`;
  return buildStage({ command: [process.execPath, '--input-type=module', '-e', script, ...urls], ...overrides });
}

/** Null where this user may make cgroups with limits on this machine, else why not. */
export function whyNoLimits(): string | null {
  const refusals = cgroupCandidates(`proxybench-test-${process.pid}`).map((group) => {
    const refusal = makeCgroup({ group, limits: { memoryMiB: 64, cpuMillicores: 500 } });
    if (refusal === null) removeCgroup(group);
    return refusal;
  });
  return refusals.includes(null) ? null : (refusals[0] ?? 'this machine has no cgroups that this process could be in');
}
