// CoreDNS with only the plugins that dns.ts configures: what it shares with Kubernetes is compiled once for both.
import type { PinnedModule } from './pinned-module.ts';

/** Its version is a constant in CoreDNS's own source, so nothing is stamped. */
export const CORE_DNS: PinnedModule = {
  name: 'coredns',
  title: 'CoreDNS',
  source: 'github.com/coredns/coredns',
  packages: ['proxybench.dev/test-cluster/coredns'],
};
