// The Kubernetes programs: from their own module, with their version stamped.
import { pinnedVersion } from './pinned-module.ts';
import type { PinnedModule, Release } from './pinned-module.ts';

const NAMES = ['kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubectl', 'kubelet'];

export const KUBERNETES: PinnedModule = {
  name: 'kubernetes',
  title: 'Kubernetes',
  source: 'k8s.io/kubernetes',
  packages: NAMES.map((name) => `k8s.io/kubernetes/cmd/${name}`),
  stamps: versionStamps,
};

/** The version that go.mod requires: `v1.36.3`. */
export function kubernetesVersion(): string {
  return pinnedVersion(KUBERNETES);
}

/** Without these the server calls itself v0.0.0-master, and clients that read the version complain. */
function versionStamps(release: Release): Readonly<Record<string, string>> {
  const [major = '', minor = ''] = release.version.slice(1).split('.');
  const values = {
    gitVersion: release.version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: release.time,
  };
  const places = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return Object.fromEntries(
    places.flatMap((place) => Object.entries(values).map(([name, value]) => [`${place}.${name}`, value])),
  );
}
