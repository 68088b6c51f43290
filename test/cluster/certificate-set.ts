// All certificates and kubeconfigs that one start of the cluster needs.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate, makeSigningKey, provideAuthority } from './certificates.ts';
import type { KeyPair } from './certificates.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { ADDRESS, API_SERVICE_ADDRESS, CONTEXT, NAMESPACE, NODE_NAME, PORTS } from './layout.ts';
import type { ClusterLayout } from './layout.ts';

export const API_SERVER_URL = `https://${ADDRESS}:${PORTS.apiServer}`;

/** Files of the cluster's own authority and what it has signed. */
export interface CertificateSet {
  readonly authority: KeyPair;
  readonly apiServer: KeyPair;
  /** What the API server shows to the kubelet. */
  readonly kubeletClient: KeyPair;
  readonly kubelet: KeyPair;
  readonly serviceAccounts: { readonly keyFile: string; readonly publicKeyFile: string };
}

/** Client names as Kubernetes' own default roles know them. */
const CLIENTS = {
  'kube-controller-manager': { commonName: 'system:kube-controller-manager' },
  'kube-scheduler': { commonName: 'system:kube-scheduler' },
  'kube-proxy': { commonName: 'system:kube-proxy' },
  kubelet: { commonName: `system:node:${NODE_NAME}`, organisation: 'system:nodes' },
  coredns: { commonName: 'coredns' },
} as const;

export type ClientName = keyof typeof CLIENTS;

/** Where the kubeconfig of a component is. */
export function kubeconfigOf(input: { readonly layout: ClusterLayout; readonly client: ClientName }): string {
  return join(input.layout.kubeconfigs, input.client);
}

/** Makes them anew, and the kubeconfigs of the components and of the admin. */
export async function makeCertificates(layout: ClusterLayout): Promise<CertificateSet> {
  const directory = layout.certificates;
  for (const made of [directory, layout.kubeconfigs]) mkdirSync(made, { recursive: true, mode: 0o700 });
  const authority = await provideAuthority({ directory, name: 'ca', commonName: 'proxybench test cluster' });
  const services = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const names = [...services, 'kubernetes.default.svc.cluster.local', 'localhost'].map((name) => `DNS:${name}`);
  const addresses = [ADDRESS, API_SERVICE_ADDRESS, '127.0.0.1'].map((address) => `IP:${address}`);
  const [apiServer, kubeletClient, kubelet, serviceAccounts, admin] = await Promise.all([
    makeCertificate({ directory, authority, name: 'kube-apiserver', alternativeNames: [...names, ...addresses] }),
    makeCertificate({ directory, authority, name: 'kube-apiserver-kubelet-client', organisation: 'system:masters' }),
    makeCertificate({
      directory,
      authority,
      name: 'kubelet-server',
      commonName: NODE_NAME,
      alternativeNames: [`DNS:${NODE_NAME}`, `IP:${ADDRESS}`],
    }),
    makeSigningKey({ directory, name: 'service-accounts' }),
    makeCertificate({ directory, authority, name: 'admin', organisation: 'system:masters' }),
    ...Object.entries(CLIENTS).map(async ([name, subject]) => {
      const client = await makeCertificate({ directory, authority, name: `client-${name}`, ...subject });
      writeKubeconfig({ file: join(layout.kubeconfigs, name), name, server: API_SERVER_URL, authority, client });
    }),
  ]);
  writeKubeconfig({
    file: layout.kubeconfigFile,
    name: CONTEXT,
    server: API_SERVER_URL,
    authority,
    client: admin,
    namespace: NAMESPACE,
  });
  return { authority, apiServer, kubeletClient, kubelet, serviceAccounts };
}
