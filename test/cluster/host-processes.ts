// Processes that share this process's network, with what tells whose they are.
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { readProcessTable } from '../../src/processes/process-table.ts';
import { processesInCgroup } from './cgroups.ts';
import { MARKER_VARIABLE } from './layout.ts';

export interface HostProcess {
  readonly pid: number;
  readonly argv: readonly string[];
  /** The state directory of the test cluster that it says it belongs to, or null. */
  readonly clusterState: string | null;
  /** Whether it is in the test cluster's cgroup: sshd overwrites its environment, containers never had the variable. */
  readonly isInCgroup: boolean;
}

/** Programs of a node of Kubernetes, in its many distributions. */
const KUBERNETES = new Set([
  'cilium-agent',
  'calico-node',
  'cri-dockerd',
  'crio',
  'flanneld',
  'hyperkube',
  'k0s',
  'k3s',
  'k3s-agent',
  'k3s-server',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-router',
  'kube-scheduler',
  'kubelet',
  'kubelite',
  'rke2',
]);

/**
 * All of them but this one. Those in network namespaces of their own are left out: kind's nodes have their rules and
 * addresses to themselves. One that does not tell its namespace counts as sharing.
 */
export function readHostProcesses(): readonly HostProcess[] {
  const own = namespaceOf('self');
  const grouped = new Set(processesInCgroup());
  return readProcessTable().flatMap(({ pid }) => {
    const namespace = namespaceOf(String(pid));
    if (pid === process.pid || (namespace !== null && namespace !== own)) return [];
    return [
      {
        pid,
        argv: stringsOf(`/proc/${pid}/cmdline`),
        clusterState: clusterStateIn(stringsOf(`/proc/${pid}/environ`)),
        isInCgroup: grouped.has(pid),
      },
    ];
  });
}

/** The first that belongs to a test cluster with its state elsewhere; it may be another user's, and in use. */
export function otherTestCluster(input: {
  readonly processes: readonly HostProcess[];
  /** This user's state directory. */
  readonly state: string;
}): HostProcess | null {
  return input.processes.find(({ clusterState }) => clusterState !== null && clusterState !== input.state) ?? null;
}

/** `kubelet (process 812)`: a program of another Kubernetes than the test cluster, or null. */
export function otherKubernetes(processes: readonly HostProcess[]): string | null {
  for (const { pid, argv, clusterState, isInCgroup } of processes) {
    const program = basename(argv[0] ?? '');
    // kubelet asks containerd for containers in this namespace; other users of containerd have others.
    const isPod = program.startsWith('containerd-shim') && argv.includes('k8s.io');
    if ((KUBERNETES.has(program) || isPod) && clusterState === null && !isInCgroup) {
      return `${isPod ? "containerd's Pod" : program} (process ${pid})`;
    }
  }
  return null;
}

function clusterStateIn(environment: readonly string[]): string | null {
  return environment.find((line) => line.startsWith(`${MARKER_VARIABLE}=`))?.slice(MARKER_VARIABLE.length + 1) ?? null;
}

function stringsOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\0').slice(0, -1);
  } catch {
    return []; // it has just ended
  }
}

function namespaceOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}
