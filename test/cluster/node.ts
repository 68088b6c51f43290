// Configuration and command lines of the one node: kubelet and kube-proxy.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { kubeconfigOf } from './certificate-set.ts';
import type { CertificateSet } from './certificate-set.ts';
import type { ComponentSpec } from './component.ts';
import { ADDRESS, CGROUP, NODE_NAME, POD_NETWORK, PORTS } from './layout.ts';
import type { ClusterLayout } from './layout.ts';
import { systemProgram } from './programs.ts';

interface NodeInput {
  readonly layout: ClusterLayout;
  readonly certificates: CertificateSet;
  /** Directory of the Kubernetes programs. */
  readonly programs: string;
}

/** Writes kubelet's configuration and says how to start it. */
export function kubeletSpec({ layout, certificates, programs }: NodeInput): ComponentSpec {
  mkdirSync(layout.kubelet, { recursive: true });
  const resolver = join(layout.config, 'node-resolv.conf');
  const socket = `unix://${layout.containerdSocket}`;
  writeFileSync(resolver, `nameserver ${ADDRESS}\n`);
  const config = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: ADDRESS,
    port: PORTS.kubelet,
    readOnlyPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: certificates.authority.certificateFile },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: certificates.kubelet.certificateFile,
    tlsPrivateKeyFile: certificates.kubelet.keyFile,
    containerRuntimeEndpoint: socket,
    imageServiceEndpoint: socket,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${CGROUP}`,
    failCgroupV1: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    clusterDNS: [ADDRESS],
    clusterDomain: 'cluster.local',
    makeIPTablesUtilChains: false,
    resolvConf: resolver,
    podLogsDir: join(layout.state, 'pod-logs'),
    volumePluginDir: join(layout.state, 'volume-plugins'),
    staticPodPath: '',
    // A stopped kubelet is to be noticed within ten seconds.
    nodeLeaseDurationSeconds: 8,
    nodeStatusUpdateFrequency: '2s',
    nodeStatusReportFrequency: '30s',
    // A nearly full disk of this machine is no business of the tests, and the pause image must never be collected.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    shutdownGracePeriod: '0s',
  };
  const file = join(layout.config, 'kubelet.yaml');
  writeFileSync(file, stringify(config));
  return {
    name: 'kubelet',
    command: [
      join(programs, 'kubelet'),
      `--config=${file}`,
      `--root-dir=${layout.kubelet}`,
      `--cert-dir=${layout.certificates}`,
      `--kubeconfig=${kubeconfigOf({ layout, client: 'kubelet' })}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${ADDRESS}`,
    ],
  };
}

/** Writes kube-proxy's configuration and says how to start it. */
export function kubeProxySpec({ layout, programs }: Omit<NodeInput, 'certificates'>): ComponentSpec {
  const config = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: kubeconfigOf({ layout, client: 'kube-proxy' }) },
    mode: 'nftables',
    clusterCIDR: POD_NETWORK,
    hostnameOverride: NODE_NAME,
    bindAddress: ADDRESS,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    // Zeros leave this machine's connection tracking as it is.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    nftables: { syncPeriod: '30s', minSyncPeriod: '100ms' },
  };
  const file = join(layout.config, 'kube-proxy.yaml');
  writeFileSync(file, stringify(config));
  return {
    name: 'kube-proxy',
    command: [join(programs, 'kube-proxy'), `--config=${file}`],
    env: { PATH: pathWithNftOnly(layout) },
  };
}

/**
 * In this mode kube-proxy begins by removing what kube-proxies in other modes may have left: the chains KUBE-* by
 * iptables, and all virtual servers of IPVS where modprobe loads ip_vs. Another's may be in use, so it finds neither.
 */
function pathWithNftOnly(layout: ClusterLayout): string {
  const directory = join(layout.state, 'kube-proxy-path');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  symlinkSync(systemProgram({ name: 'nft', env: process.env }), join(directory, 'nft'));
  return directory;
}
