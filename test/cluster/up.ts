// Brings the test cluster up: builds what is missing, starts every component, and tells its users where it is.
import { chmodSync, mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { provideAll } from './build.ts';
import { removeEverything } from './down.ts';
import type { ClusterLayout } from './layout.ts';
import { findLeftovers } from './leftovers.ts';
import { installMissingPackages } from './programs.ts';
import { startCluster } from './start-cluster.ts';
import { clusterStatus } from './status.ts';
import type { ClusterStatus } from './status.ts';
import { readTestCluster, writeTestCluster } from './test-cluster.ts';
import type { TestCluster } from './test-cluster.ts';
import { lockHolder, takeLock } from './up-lock.ts';
import { whyNoTestCluster } from './why-no-test-cluster.ts';
import { whyNotHere } from './why-not-here.ts';

const ASK_AGAIN_MS = 300;
/** What faults.ts stops and starts again, and what shows it. */
const STOPPED_BY_FAULTS = /^(?:kubelet|containerd|node .*|Deployment .*)$/;
/** A test that has stopped something is over, or has started it again, within this time. */
const MENDED_WITHIN_MS = 60_000;

interface UpRequest {
  readonly layout: ClusterLayout;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (line: string) => void;
}

/**
 * Brings it up, or finds it up; waits for another process that is just doing so. A running one of which a test may just
 * have stopped a part gets a minute to be whole again. What a broken one has left is removed first, and `onProgress`
 * hears before that what is broken.
 * @throws Error saying what could not be built or did not start; `down` then removes the rest
 */
export async function bringUp(request: UpRequest): Promise<{ readonly cluster: TestCluster; readonly wasUp: boolean }> {
  const { layout, env, onProgress } = request;
  const why = whyNoTestCluster(env);
  if (why !== null) throw new Error(why);
  const known = readTestCluster(layout);
  if (known !== null && (await isWhole({ layout, onProgress }))) return { cluster: known, wasUp: true };
  const other = lockHolder(layout.lockFile);
  if (other !== null) {
    onProgress(`waiting for process ${other.pid}, which is starting or ending the test cluster`);
    while (lockHolder(layout.lockFile) !== null) await pause(ASK_AGAIN_MS);
    return bringUp(request);
  }
  const release = takeLock(layout.lockFile);
  const { name, value } = layout.marker;
  try {
    // Carried by all that is started from here, builds too, so that `down` finds it after a SIGKILL of this process.
    process.env[name] = value;
    return { cluster: await bringUpLocked({ ...request, env: { ...env, [name]: value } }), wasUp: false };
  } finally {
    // What the caller starts afterwards is no part of the cluster.
    delete process.env[name];
    release();
  }
}

async function bringUpLocked({ layout, env, onProgress }: UpRequest): Promise<TestCluster> {
  if ((await findLeftovers(layout)).length > 0) {
    onProgress(removalNotice(await clusterStatus(layout)));
    const left = await removeEverything({ layout, onProgress });
    if (left.length > 0) throw new Error(`an earlier cluster cannot be removed: ${left.join(', ')}`);
  }
  await installMissingPackages({ layout, env, onProgress });
  // Asked again: what was just installed may have told more of this machine.
  const why = whyNotHere({ layout, env });
  if (why !== null) throw new Error(why);
  for (const directory of [layout.cache, layout.state, layout.config, layout.logs, layout.bin, layout.faults]) {
    mkdirSync(directory, { recursive: true });
  }
  // Keys and secrets are in it.
  chmodSync(layout.state, 0o700);
  const built = await provideAll({ layout, env, onProgress });
  const cluster = await startCluster({ layout, built, onProgress });
  writeTestCluster({ layout, cluster });
  const { components } = await clusterStatus(layout);
  const failed = components.filter(({ state }) => state === 'ended' || state === 'not ready');
  if (failed.length > 0)
    throw new Error(`started and failed again: ${failed.map(({ component }) => component).join()}`);
  return cluster;
}

/** Whether all of it runs, once what faults.ts may have stopped has had its time to be started again. */
async function isWhole({ layout, onProgress }: Omit<UpRequest, 'env'>): Promise<boolean> {
  const giveUpAtMs = performance.now() + MENDED_WITHIN_MS;
  let isTold = false;
  for (;;) {
    const status = await clusterStatus(layout);
    if (status.cluster === 'up') return true;
    if (!mayBeFault(status) || lockHolder(layout.lockFile) !== null || performance.now() > giveUpAtMs) return false;
    if (!isTold)
      onProgress(`${brokenParts(status)}: waiting up to ${MENDED_WITHIN_MS / 1000} s, a test may have done it`);
    isTold = true;
    await pause(ASK_AGAIN_MS);
  }
}

/** Whether nothing is broken but what a test may have stopped for a while. */
export function mayBeFault(status: ClusterStatus): boolean {
  const broken = status.components.filter(({ state }) => state === 'ended' || state === 'not ready');
  return broken.length > 0 && broken.every(({ component }) => STOPPED_BY_FAULTS.test(component));
}

/** What is said before the remains of an earlier cluster are removed; it names what still runs, since tests may use it. */
export function removalNotice(status: ClusterStatus): string {
  const running = status.components.filter(({ pid }) => pid !== null);
  return running.length === 0
    ? 'removing what an earlier cluster has left'
    : `${brokenParts(status)}: ENDING this cluster with its ${running.length} running components and starting another; tests that use it will fail`;
}

function brokenParts({ components }: ClusterStatus): string {
  const broken = components.filter(({ state }) => state === 'ended' || state === 'not ready');
  const parts = broken.map(
    ({ component, state }) => `${component} ${state === 'ended' ? 'has ended' : 'is not ready'}`,
  );
  return `the test cluster runs only in part${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
}
