// Removes the test cluster from this machine, in whatever state it is.
import { rmdirSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { endProcesses } from '../../src/processes/end-processes.ts';
import { identifyProcess } from '../../src/processes/process-identity.ts';
import { processesInCgroup, removeCgroup } from './cgroups.ts';
import { disableNewServices } from './installed-services.ts';
import type { ClusterLayout } from './layout.ts';
import { findLeftovers, ownMounts, strayFiles } from './leftovers.ts';
import { tearDownNetwork } from './network.ts';
import { removeOwnPolicy, systemPath } from './programs.ts';
import { runOrNull } from './run.ts';
import { lockHolder, takeLock } from './up-lock.ts';

const TRIES = 40;
const TRY_AGAIN_MS = 250;
/** Made by the programs outside the state directory; removed where they are empty afterwards. */
const SHARED_DIRECTORIES = [
  '/run/containerd/s',
  '/run/containerd',
  '/var/lib/cni/results',
  '/var/lib/cni/cache',
  '/var/lib/cni',
  '/var/log/containers',
  '/var/lib/kubelet/device-plugins',
  '/var/lib/kubelet',
  '/opt/containerd/bin',
  '/opt/containerd/lib',
  '/opt/containerd',
  '/usr/libexec/kubernetes/kubelet-plugins/volume/exec',
  '/usr/libexec/kubernetes/kubelet-plugins/volume',
  '/usr/libexec/kubernetes/kubelet-plugins',
  '/usr/libexec/kubernetes',
  '/run/sshd',
];

/**
 * Ends its processes, containers and mounts, removes links, address, tables, cgroups and the state directory, and with
 * `caches` all that was built and fetched too. Resolves with what is left: nothing, but for a broken machine.
 */
export async function takeDown(input: {
  readonly layout: ClusterLayout;
  readonly caches: boolean;
  readonly onProgress: (line: string) => void;
}): Promise<readonly string[]> {
  const { layout, onProgress } = input;
  const starter = lockHolder(layout.lockFile);
  if (starter !== null) {
    onProgress(`ending process ${starter.pid}, which is starting or ending the cluster`);
    await endProcesses({ leaders: [starter], graceMs: 1_000 });
  }
  const release = takeLock(layout.lockFile);
  try {
    const left = await removeEverything({ layout, onProgress });
    if (input.caches && ownMounts(layout).length === 0) rmSync(layout.cache, { recursive: true, force: true });
    return left;
  } finally {
    release();
  }
}

/** As `takeDown` without the caches, for one who holds the lock. */
export async function removeEverything(input: {
  readonly layout: ClusterLayout;
  readonly onProgress: (line: string) => void;
}): Promise<readonly string[]> {
  const { layout, onProgress } = input;
  await endEverything({ layout, onProgress });
  onProgress('removing links, address and nftables tables');
  await tearDownNetwork(layout);
  for (let tries = 0; removeCgroup().length > 0 && tries < TRIES; tries += 1) await pause(TRY_AGAIN_MS);
  onProgress('removing files');
  for (const file of strayFiles(layout)) rmSync(file, { force: true });
  removeState(layout);
  for (const directory of SHARED_DIRECTORIES) removeIfEmpty(directory);
  await disableNewServices({ layout, path: systemPath(process.env), onProgress });
  removeOwnPolicy();
  return findLeftovers(layout);
}

/** Again and again, since a kubelet or a shim that is just ending may still start something. */
async function endEverything(input: {
  readonly layout: ClusterLayout;
  readonly onProgress: (line: string) => void;
}): Promise<void> {
  const { layout, onProgress } = input;
  onProgress('ending processes and containers');
  for (let tries = 0; tries < TRIES; tries += 1) {
    const containers = processesInCgroup().flatMap((pid) => identifyProcess(pid) ?? []);
    const ended = await endProcesses({ leaders: containers, marker: layout.marker, graceMs: tries === 0 ? 500 : 0 });
    for (const mount of ownMounts(layout)) {
      if ((await runOrNull(['umount', mount])) === null) await runOrNull(['umount', '--lazy', mount]);
    }
    const isClean = ended.left.length === 0 && processesInCgroup().length === 0 && ownMounts(layout).length === 0;
    if (isClean) return;
    await pause(TRY_AGAIN_MS);
  }
}

/** Nothing below a mount is ever removed: it may be somebody's volume. */
function removeState(layout: ClusterLayout): void {
  if (ownMounts(layout).some((mount) => mount.startsWith(layout.state))) return;
  rmSync(layout.state, { recursive: true, force: true });
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // It is not there, or somebody else's things are in it.
  }
}
