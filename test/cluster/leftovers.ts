// Everything of the test cluster that is on this machine right now, whoever started it and whatever is recorded.
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findMarkedProcesses } from '../../src/processes/end-processes.ts';
import { existingCgroups, processesInCgroup } from './cgroups.ts';
import { CNI_NETWORK } from './container-runtime.ts';
import type { ClusterLayout } from './layout.ts';
import { hasAddress, ownLinks, ownTables } from './network.ts';

/** kubelet puts it there whatever its root directory is. */
const KUBELET_SOCKET = '/var/lib/kubelet/device-plugins/kubelet.sock';

/** What is there, in words: `process 4711 kubelet`. Empty after a complete `down`. */
export async function findLeftovers(layout: ClusterLayout): Promise<readonly string[]> {
  return [
    ...ownProcesses(layout).map((pid) => `process ${pid} ${programOf(pid)}`),
    ...ownMounts(layout).map((mount) => `mount ${mount}`),
    ...(await ownLinks()).map((link) => `link ${link}`),
    ...((await hasAddress()) ? ['address on lo'] : []),
    ...(await ownTables()).map((table) => `nftables table ${table}`),
    ...existingCgroups().map((group) => `cgroup ${group}`),
    ...strayFiles(layout).map((file) => `file ${file}`),
    ...(existsSync(layout.packagesFile) ? [`file ${layout.packagesFile}`] : []),
    ...(existsSync(layout.state) ? [`directory ${layout.state}`] : []),
  ];
}

/** Processes that carry the cluster's marker, and those of its components and containers by their cgroup. */
export function ownProcesses(layout: ClusterLayout): readonly number[] {
  const marked = findMarkedProcesses(layout.marker).map(({ pid }) => pid);
  return [...new Set([...marked, ...processesInCgroup()])].filter((pid) => pid !== process.pid);
}

/** Mounts below the state and cache directories, innermost first. */
export function ownMounts(layout: ClusterLayout): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const place = line
        .split(' ')[4]
        ?.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
      return place !== undefined && [layout.state, layout.cache].some((own) => place.startsWith(`${own}/`))
        ? [place]
        : [];
    })
    .toReversed();
}

/** Files that programs insist on leaving elsewhere, told by their names or by where they point. */
export function strayFiles(layout: ClusterLayout): readonly string[] {
  const cniResults = '/var/lib/cni/results';
  const logLinks = '/var/log/containers';
  return [
    ...entriesOf(cniResults).filter(
      (file) => file.includes(CNI_NETWORK) || readFileSync(file, 'utf8').includes(`${layout.state}/`),
    ),
    ...(isServed(KUBELET_SOCKET) ? [] : entriesOf(dirname(KUBELET_SOCKET)).filter((file) => file === KUBELET_SOCKET)),
    ...entriesOf(logLinks).filter(
      (file) => lstatSync(file).isSymbolicLink() && readlinkSync(file).startsWith(`${layout.state}/`),
    ),
  ];
}

/** Whether some process listens on the socket: another kubelet of this machine's may. */
function isServed(socket: string): boolean {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .some((line) => line.endsWith(` ${socket}`));
}

function entriesOf(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
}

function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '(has just ended)';
  }
}
