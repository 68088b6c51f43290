// Whether the test cluster would break something else on this machine: another Kubernetes, IPVS, a network in use.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { BlockList, isIPv4 } from 'node:net';
import { otherKubernetes, otherTestCluster, readHostProcesses } from './host-processes.ts';
import type { HostProcess } from './host-processes.ts';
import { ADDRESS, BRIDGE, KUBE_PROXY_TABLE, NFT_TABLE, POD_NETWORK, SERVICE_NETWORK } from './layout.ts';
import type { ClusterLayout } from './layout.ts';
import { systemPath } from './programs.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is looked at, as the programs print it; empty where a program is not there. */
export interface HostListing {
  readonly processes: readonly HostProcess[];
  /** Of `nft list tables` and `nft list chains`. */
  readonly nftables: string;
  /** Of iptables-save and its like. */
  readonly iptables: string;
  /** /proc/net/ip_vs. */
  readonly ipVs: string;
  /** Of `ip -4 -j route show table all`; this machine's own addresses are among them. */
  readonly routes: string;
}

interface Route {
  readonly dst: string;
  readonly dev?: string;
}

/** iptables in its two makes; which one the plain names mean differs from machine to machine. */
const IPTABLES = ['iptables-save', 'ip6tables-save', 'iptables-legacy-save', 'ip6tables-legacy-save'];
const WITHIN_MS = 10_000;
/** Shorter prefixes stand for the whole internet, as a VPN cuts it in halves. */
const SHORTEST_PREFIX = 8;

/** Null where nothing speaks against it, else the reason in one line. Reads only, changes nothing. */
export function whyNotHere(input: { readonly layout: ClusterLayout; readonly env: Environment }): string | null {
  const options = { env: { ...input.env, PATH: systemPath(input.env) } };
  return conflictIn({
    state: input.layout.state,
    listing: {
      processes: readHostProcesses(),
      nftables: outputOf(['nft', 'list', 'tables'], options) + outputOf(['nft', 'list', 'chains'], options),
      iptables: IPTABLES.map((program) => outputOf([program], options)).join(''),
      ipVs: existsSync('/proc/net/ip_vs') ? readFileSync('/proc/net/ip_vs', 'utf8') : '',
      routes: outputOf(['ip', '-4', '-j', 'route', 'show', 'table', 'all'], options),
    },
  });
}

/** As `whyNotHere`, of a listing. What a test cluster with its state in `state` has made itself is no conflict. */
export function conflictIn(input: { readonly listing: HostListing; readonly state: string }): string | null {
  const { processes, nftables, iptables, ipVs, routes } = input.listing;
  const cluster = otherTestCluster({ processes, state: input.state });
  if (cluster !== null) {
    return `another test cluster is on this machine, its state is in ${cluster.clusterState ?? ''} (process ${cluster.pid})`;
  }
  const kubernetes = otherKubernetes(processes) ?? foreignTable(nftables) ?? foreignChain(nftables + iptables);
  if (kubernetes !== null) return `the test cluster would break another Kubernetes of this machine: ${kubernetes}`;
  if (/^(?:TCP|UDP|SCTP|FWM)\s/m.test(ipVs)) {
    return 'the test cluster would break the virtual servers that this machine has in IPVS (/proc/net/ip_vs)';
  }
  const route = overlappingRoute(routes);
  return route === null
    ? null
    : `the test cluster needs ${POD_NETWORK}, ${SERVICE_NETWORK} and ${ADDRESS} for itself; this machine uses ${route}`;
}

/** kube-proxy's tables are called the same everywhere: those beside the test cluster's own table are its own. */
function foreignTable(nftables: string): string | null {
  if (nftables.split('\n').includes(`table ip ${NFT_TABLE}`)) return null;
  const found = new RegExp(`^table (\\w+ ${KUBE_PROXY_TABLE})\\b`, 'm').exec(nftables)?.[1];
  return found === undefined ? null : `nftables table ${found}`;
}

function foreignChain(listings: string): string | null {
  const found = /^(?:\s*chain |:)(KUBE-[\w-]+)/m.exec(listings)?.[1];
  return found === undefined ? null : `iptables chain ${found}`;
}

function overlappingRoute(routes: string): string | null {
  for (const { dst, dev } of routes === '' ? [] : (JSON.parse(routes) as readonly Route[])) {
    const isOwn = dev === BRIDGE || (dev === 'lo' && dst === ADDRESS);
    if (!isOwn && [POD_NETWORK, SERVICE_NETWORK, ADDRESS].some((network) => overlaps(dst, network))) {
      return `${dst}${dev === undefined ? '' : ` on ${dev}`}`;
    }
  }
  return null;
}

/** Two networks overlap when one holds the other's first address. */
function overlaps(one: string, other: string): boolean {
  const [a, b] = [networkOf(one), networkOf(other)];
  return a !== null && b !== null && (a.list.check(b.address) || b.list.check(a.address));
}

function networkOf(text: string): { readonly address: string; readonly list: BlockList } | null {
  const [address = '', length = '32'] = text.split('/');
  if (!isIPv4(address) || Number(length) < SHORTEST_PREFIX) return null;
  const list = new BlockList();
  list.addSubnet(address, Number(length), 'ipv4');
  return { address, list };
}

function outputOf(command: readonly string[], options: { readonly env: Environment }): string {
  const [program = '', ...args] = command;
  const outcome = spawnSync(program, args, { env: { ...options.env }, encoding: 'utf8', timeout: WITHIN_MS });
  return outcome.status === 0 ? outcome.stdout : '';
}
