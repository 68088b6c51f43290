// Command lines of etcd and of Kubernetes' control plane.
import { join } from 'node:path';
import { kubeconfigOf } from './certificate-set.ts';
import type { CertificateSet } from './certificate-set.ts';
import type { ComponentSpec } from './component.ts';
import { ADDRESS, POD_NETWORK, PORTS, SERVICE_NETWORK } from './layout.ts';
import type { ClusterLayout } from './layout.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const ETCD_URL = `http://127.0.0.1:${PORTS.etcdClients}`;

interface ControlPlaneInput {
  readonly layout: ClusterLayout;
  readonly certificates: CertificateSet;
  /** Directory of the Kubernetes programs. */
  readonly programs: string;
}

export function etcdSpec({ layout }: { readonly layout: ClusterLayout }): ComponentSpec {
  const peers = `http://127.0.0.1:${PORTS.etcdPeers}`;
  return {
    name: 'etcd',
    command: [
      'etcd',
      '--name=test',
      `--data-dir=${join(layout.state, 'etcd')}`,
      `--listen-client-urls=${ETCD_URL}`,
      `--advertise-client-urls=${ETCD_URL}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=test=${peers}`,
      // The data is thrown away with the cluster.
      '--unsafe-no-fsync',
    ],
  };
}

export function apiServerSpec({ layout, certificates, programs }: ControlPlaneInput): ComponentSpec {
  const { authority, apiServer, kubeletClient, serviceAccounts } = certificates;
  return {
    name: 'kube-apiserver',
    command: [
      join(programs, 'kube-apiserver'),
      `--etcd-servers=${ETCD_URL}`,
      `--bind-address=${ADDRESS}`,
      `--advertise-address=${ADDRESS}`,
      `--secure-port=${PORTS.apiServer}`,
      `--service-cluster-ip-range=${SERVICE_NETWORK}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--anonymous-auth=false',
      '--allow-privileged=true',
      `--cert-dir=${layout.certificates}`,
      `--client-ca-file=${authority.certificateFile}`,
      `--tls-cert-file=${apiServer.certificateFile}`,
      `--tls-private-key-file=${apiServer.keyFile}`,
      `--kubelet-certificate-authority=${authority.certificateFile}`,
      `--kubelet-client-certificate=${kubeletClient.certificateFile}`,
      `--kubelet-client-key=${kubeletClient.keyFile}`,
      // The node's name is in nobody's DNS.
      '--kubelet-preferred-address-types=InternalIP',
      `--service-account-issuer=${ISSUER}`,
      `--service-account-key-file=${serviceAccounts.publicKeyFile}`,
      `--service-account-signing-key-file=${serviceAccounts.keyFile}`,
    ],
  };
}

export function controllerManagerSpec({ layout, certificates, programs }: ControlPlaneInput): ComponentSpec {
  const { authority, serviceAccounts } = certificates;
  const kubeconfig = kubeconfigOf({ layout, client: 'kube-controller-manager' });
  return {
    name: 'kube-controller-manager',
    command: [
      join(programs, 'kube-controller-manager'),
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--cert-dir=${layout.certificates}`,
      '--use-service-account-credentials=true',
      `--root-ca-file=${authority.certificateFile}`,
      `--cluster-signing-cert-file=${authority.certificateFile}`,
      `--cluster-signing-key-file=${authority.keyFile}`,
      `--service-account-private-key-file=${serviceAccounts.keyFile}`,
      `--cluster-cidr=${POD_NETWORK}`,
      // The node learns its Pods' network, as it does nearly everywhere: the gateway in it is how Pods see the node.
      '--allocate-node-cidrs=true',
      '--node-cidr-mask-size=24',
      `--service-cluster-ip-range=${SERVICE_NETWORK}`,
      '--leader-elect=false',
      // A stopped kubelet is noticed in seconds: tests wait for it. The kubelet renews its lease as quickly.
      '--node-monitor-period=1s',
      '--node-monitor-grace-period=8s',
    ],
  };
}

export function schedulerSpec({ layout, programs }: Omit<ControlPlaneInput, 'certificates'>): ComponentSpec {
  const kubeconfig = kubeconfigOf({ layout, client: 'kube-scheduler' });
  return {
    name: 'kube-scheduler',
    command: [
      join(programs, 'kube-scheduler'),
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--cert-dir=${layout.certificates}`,
      '--leader-elect=false',
    ],
  };
}
