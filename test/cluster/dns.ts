// CoreDNS as the cluster's resolver: Services from the API, github.com by hand, the rest from this machine's resolver.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubeconfigOf } from './certificate-set.ts';
import type { ComponentSpec } from './component.ts';
import { ADDRESS, PORTS } from './layout.ts';
import type { ClusterLayout } from './layout.ts';

/** Writes the Corefile and says how to start CoreDNS. */
export function coreDnsSpec(input: { readonly layout: ClusterLayout; readonly binary: string }): ComponentSpec {
  const { layout } = input;
  const file = join(layout.config, 'Corefile');
  const kubeconfig = kubeconfigOf({ layout, client: 'coredns' });
  writeFileSync(
    file,
    `.:${PORTS.dns} {
  bind ${ADDRESS}
  errors
  health 127.0.0.1:23806
  hosts {
    ${ADDRESS} github.com
    ttl 5
    no_reverse
    fallthrough
  }
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
    pods insecure
    ttl 5
    fallthrough in-addr.arpa ip6.arpa
  }
  forward . /etc/resolv.conf
  cache 10
}
`,
  );
  return { name: 'coredns', command: [input.binary, '-conf', file] };
}
