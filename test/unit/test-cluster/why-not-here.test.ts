import { describe, expect, it } from 'vitest';
import { otherKubernetes } from '../../cluster/host-processes.ts';
import type { HostProcess } from '../../cluster/host-processes.ts';
import { ownTablesIn } from '../../cluster/network.ts';
import { conflictIn } from '../../cluster/why-not-here.ts';
import type { HostListing } from '../../cluster/why-not-here.ts';

const STATE = '/home/me/.local/state/proxybench/test-cluster';
/** As the programs print them on a machine with nothing but a network card. */
const PLAIN_ROUTES = [
  { dst: 'default', gateway: '192.0.2.1', dev: 'eth0', flags: [] },
  { dst: '192.0.2.0/24', dev: 'eth0', protocol: 'kernel', scope: 'link', prefsrc: '192.0.2.2', flags: [] },
  { type: 'local', dst: '127.0.0.0/8', dev: 'lo', table: 'local' },
  { type: 'broadcast', dst: '127.255.255.255', dev: 'lo', table: 'local' },
];
const OWN_ROUTES = [
  { dst: '10.244.0.0/24', dev: 'pxb0', protocol: 'kernel', scope: 'link', prefsrc: '10.244.0.1', flags: [] },
  { type: 'local', dst: '10.244.0.1', dev: 'pxb0', table: 'local' },
  { type: 'local', dst: '198.51.100.10', dev: 'lo', table: 'local' },
];
const OWN_TABLES = 'table ip proxybench_test_cluster\ntable ip kube-proxy\ntable ip6 kube-proxy\n';
const KUBE_CHAINS = 'table ip nat {\n\tchain OUTPUT {\n\t}\n\tchain KUBE-SERVICES {\n\t}\n}\n';
const SAVED = '*nat\n:OUTPUT ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n-A OUTPUT -j KUBE-SERVICES\nCOMMIT\n';
const IPVS_HEAD =
  'IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n' +
  '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n';

function conflict(listing: Partial<HostListing>): string | null {
  const nothing = { processes: [], nftables: '', iptables: '', ipVs: '', routes: JSON.stringify(PLAIN_ROUTES) };
  return conflictIn({ listing: { ...nothing, ...listing }, state: STATE });
}

function processOf(argv: string, own: Partial<HostProcess> = {}): HostProcess {
  return { pid: 812, argv: argv.split(' '), clusterState: null, isInCgroup: false, ...own };
}

describe('a machine on which the test cluster would break something', () => {
  it.each([
    ['/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml', 'kubelet (process 812)'],
    ['/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf', 'kube-proxy (process 812)'],
    ['/usr/local/bin/k3s server', 'k3s (process 812)'],
    ['/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 6faa', "containerd's Pod (process 812)"],
  ])('is told by the process %s', (argv, what) => {
    const why = `the test cluster would break another Kubernetes of this machine: ${what}`;
    expect(conflict({ processes: [processOf(argv)] })).toBe(why);
  });

  it.each([
    [
      "another kube-proxy's table",
      { nftables: 'table inet filter\ntable ip6 kube-proxy\n' },
      /nftables table ip6 kube-proxy$/,
    ],
    ["another kube-proxy's chains as nft tells them", { nftables: KUBE_CHAINS }, /iptables chain KUBE-SERVICES$/],
    ["another kube-proxy's chains as iptables tells them", { iptables: SAVED }, /iptables chain KUBE-SERVICES$/],
    ['chains beside the own tables', { nftables: OWN_TABLES, iptables: SAVED }, /iptables chain KUBE-SERVICES$/],
    ['a virtual server', { ipVs: `${IPVS_HEAD}TCP  C0000202:0050 rr \n` }, /virtual servers .* in IPVS/],
  ])('is told by %s', (_, listing, why) => {
    expect(conflict(listing)).toMatch(why);
  });

  it.each([
    [{ dst: '10.244.0.0/16', dev: 'flannel.1' }, '10.244.0.0/16 on flannel.1'],
    [{ dst: '10.0.0.0/8', dev: 'tun0' }, '10.0.0.0/8 on tun0'],
    [{ type: 'local', dst: '10.96.3.4', dev: 'eth1', table: 'local' }, '10.96.3.4 on eth1'],
    [{ type: 'blackhole', dst: '10.244.0.64/26' }, '10.244.0.64/26'],
    [{ dst: '198.51.100.0/24', dev: 'eth1' }, '198.51.100.0/24 on eth1'],
  ])('is told by the route %j', (route, shown) => {
    const why = `the test cluster needs 10.244.0.0/24, 10.96.0.0/16 and 198.51.100.10 for itself; this machine uses ${shown}`;
    expect(conflict({ routes: JSON.stringify([...PLAIN_ROUTES, route]) })).toBe(why);
  });

  it('is told by a test cluster whose state is elsewhere', () => {
    const process = processOf('/cache/kubelet', { clusterState: '/tmp/other', isInCgroup: true });
    expect(conflict({ processes: [process] })).toMatch(
      /^another test cluster .* its state is in \/tmp\/other \(process 812\)$/,
    );
  });
});

describe('a machine on which it breaks nothing', () => {
  it('has other networks, other users of containerd, and a VPN that takes the whole internet', () => {
    const routes = [...PLAIN_ROUTES, { dst: '0.0.0.0/1', dev: 'tun0' }, { dst: '10.97.0.0/16', dev: 'eth1' }];
    const docker = processOf('/usr/bin/containerd-shim-runc-v2 -namespace moby -id 6faa');
    const nftables = 'table ip nat {\n\tchain DOCKER {\n\t}\n}\n';
    expect(conflict({ routes: JSON.stringify(routes), processes: [docker], nftables, ipVs: IPVS_HEAD })).toBeNull();
  });

  it('may be without any of the programs that list it', () => {
    expect(conflict({ routes: '' })).toBeNull();
  });

  it('is the one on which this test cluster runs', () => {
    const processes = [
      processOf('/cache/kubelet', { clusterState: STATE }),
      processOf('/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 6faa', { isInCgroup: true }),
    ];
    const routes = JSON.stringify([...PLAIN_ROUTES, ...OWN_ROUTES]);
    expect(conflict({ processes, nftables: OWN_TABLES, routes })).toBeNull();
  });
});

describe('the tables that `down` removes', () => {
  it("are kube-proxy's and last the cluster's own, which proves the others", () => {
    expect(ownTablesIn({ listing: `table inet filter\n${OWN_TABLES}`, otherKubernetes: null })).toEqual([
      'ip kube-proxy',
      'ip6 kube-proxy',
      'ip proxybench_test_cluster',
    ]);
  });

  it("are none of another kube-proxy's", () => {
    expect(ownTablesIn({ listing: 'table ip kube-proxy\ntable ip6 kube-proxy\n', otherKubernetes: null })).toEqual([]);
    const otherKubernetesNow = otherKubernetes([processOf('k3s server')]);
    expect(ownTablesIn({ listing: OWN_TABLES, otherKubernetes: otherKubernetesNow })).toEqual([
      'ip proxybench_test_cluster',
    ]);
  });
});
