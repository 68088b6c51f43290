// What a test cluster could leave on a machine, as lines that can be compared before and after.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readProcessTable } from '../../../src/processes/process-table.ts';
import { run } from '../run.ts';

/** Names of the programs that a cluster runs, as the kernel cuts them off; others' processes come and go meanwhile. */
const PROGRAMS =
  /^(etcd|containerd.*|runc|kube.*|coredns|docker-registry|sshd|ssh|sing-box|busybox|pause|debootstrap|trans)$/;
/** Where programs leave things that no option moves. */
const PLACES = [
  '/etc/cni',
  '/opt/containerd',
  '/run/containerd',
  '/run/netns',
  '/run/sshd',
  '/usr/libexec/kubernetes',
  '/usr/sbin/policy-rc.d',
  '/var/lib/cni',
  '/var/lib/containerd',
  '/var/lib/kubelet',
  '/var/log/containers',
  '/var/log/pods',
];
const SETTINGS = ['net/ipv4/ip_forward', 'vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops'];

/** Processes, mounts, network, rules, cgroups, places and kernel settings, one a line. */
export async function listMachine(): Promise<readonly string[]> {
  const links = (await run(['ip', '-o', 'link'])).split('\n').map((line) => line.split(':')[1] ?? '');
  const addresses = (await run(['ip', '-o', 'address'])).split('\n').map((line) => line.split(/\s+/)[3] ?? '');
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return [
    ...processes(),
    ...mounts.map((line) => `mount ${line.split(' ')[4] ?? ''}`),
    ...links.map((name) => `link ${name}`),
    ...addresses.map((address) => `address ${address}`),
    ...(await run(['ip', 'route'])).split('\n').map((route) => `route ${route}`),
    ...(await run(['nft', 'list', 'tables'])).split('\n').map((table) => `nftables ${table}`),
    ...networkNamespaces().map((name) => `network namespace ${name}`),
    ...cgroups().map((group) => `cgroup ${group}`),
    ...PLACES.filter((place) => existsSync(place)).map((place) => `place ${place}`),
    ...SETTINGS.map((name) => `setting ${name} ${readFileSync(`/proc/sys/${name}`, 'utf8').trim()}`),
  ].toSorted();
}

function processes(): readonly string[] {
  return readProcessTable().flatMap(({ pid }) => {
    const name = readOrNull(`/proc/${pid}/comm`)?.trim() ?? '';
    return PROGRAMS.test(name) ? [`process ${name} ${pid}`] : [];
  });
}

/** Told by the processes that are in them and by the mounts that hold them. */
function networkNamespaces(): readonly string[] {
  const held = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(' - nsfs '))
    .map((line) => line.split(' ')[3] ?? '');
  return [...new Set(held)];
}

function cgroups(): readonly string[] {
  const root = '/sys/fs/cgroup';
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) =>
      readdirSync(join(root, entry.name), { withFileTypes: true })
        .filter((child) => child.isDirectory())
        .map((child) => `${entry.name}/${child.name}`),
    );
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
