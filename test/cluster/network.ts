// The test cluster's own address, forwarding and masquerading, and taking all of it back.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { otherKubernetes, readHostProcesses } from './host-processes.ts';
import { ADDRESS, BRIDGE, KUBE_PROXY_TABLE, NFT_TABLE, POD_NETWORK } from './layout.ts';
import type { ClusterLayout } from './layout.ts';
import { run, runOrNull } from './run.ts';

/** What a Kubernetes node wants of its kernel; kubelet and kube-proxy set the last ones by themselves. */
const SYSCTLS: Readonly<Record<string, string | null>> = {
  'net/ipv4/ip_forward': '1',
  'net/bridge/bridge-nf-call-iptables': '1',
  'net/ipv4/conf/all/route_localnet': null,
  'net/ipv4/conf/all/rp_filter': null,
  'vm/overcommit_memory': null,
  'vm/panic_on_oom': null,
  'kernel/panic': null,
  'kernel/panic_on_oops': null,
  'kernel/keys/root_maxkeys': null,
  'kernel/keys/root_maxbytes': null,
};

/** Pods get out by this machine's address; from outside nothing gets in. Replaces the table as a whole. */
const RULES = `
table ip ${NFT_TABLE}
delete table ip ${NFT_TABLE}
table ip ${NFT_TABLE} {
  chain out {
    type nat hook postrouting priority srcnat + 10; policy accept;
    ip saddr ${POD_NETWORK} oifname != "${BRIDGE}" masquerade
  }
  chain in {
    type filter hook input priority filter; policy accept;
    ip daddr ${ADDRESS} iifname != { "lo", "${BRIDGE}" } drop
  }
  chain through {
    type filter hook forward priority filter; policy accept;
    oifname "${BRIDGE}" iifname != "${BRIDGE}" ct state new drop
  }
}
`;

/** Adds the address, the rules and the kernel's settings; the settings as they were are noted in the state directory. */
export async function setUpNetwork(layout: ClusterLayout): Promise<void> {
  noteSysctls(layout);
  for (const [name, value] of Object.entries(SYSCTLS)) {
    if (value !== null && existsSync(sysctlFile(name))) writeFileSync(sysctlFile(name), value);
  }
  if (!(await hasAddress())) await run(['ip', 'address', 'add', `${ADDRESS}/32`, 'dev', 'lo']);
  await run(['nft', '-f', '-'], { input: RULES });
}

/** Removes address, bridge, links and tables, and puts the kernel's settings back as far as they are known. */
export async function tearDownNetwork(layout: ClusterLayout): Promise<void> {
  if (await hasAddress()) await runOrNull(['ip', 'address', 'del', `${ADDRESS}/32`, 'dev', 'lo']);
  for (const link of await ownLinks()) await runOrNull(['ip', 'link', 'del', link]);
  for (const table of await ownTables()) await runOrNull(['nft', 'delete', 'table', ...table.split(' ')]);
  const noted = noteFile(layout);
  if (!existsSync(noted)) return;
  for (const [name, value] of Object.entries(JSON.parse(readFileSync(noted, 'utf8')) as Record<string, string>)) {
    writeFileSync(sysctlFile(name), value);
  }
}

export async function hasAddress(): Promise<boolean> {
  return ((await runOrNull(['ip', '-o', 'address', 'show', 'dev', 'lo'])) ?? '').includes(` ${ADDRESS}/32 `);
}

/** The bridge and the ends of Pods' links that hang on it. */
export async function ownLinks(): Promise<readonly string[]> {
  const listing = (await runOrNull(['ip', '-o', 'link', 'show'])) ?? '';
  return listing.split('\n').flatMap((line) => {
    const name = /^\d+: ([^:@\s]+)/.exec(line)?.[1];
    return name !== undefined && (name === BRIDGE || line.includes(` master ${BRIDGE} `)) ? [name] : [];
  });
}

/** `family name` of the nftables tables that the cluster and its kube-proxy have made, in the order of removal. */
export async function ownTables(): Promise<readonly string[]> {
  const listing = (await runOrNull(['nft', 'list', 'tables'])) ?? '';
  return ownTablesIn({ listing, otherKubernetes: otherKubernetes(readHostProcesses()) });
}

/**
 * As `ownTables`, of what `nft list tables` prints. Every kube-proxy calls its tables the same: they are the cluster's
 * only beside its own table, which is made before kube-proxy starts and removed last, and while no other Kubernetes runs.
 */
export function ownTablesIn(input: {
  readonly listing: string;
  /** Of `otherKubernetes`. */
  readonly otherKubernetes: string | null;
}): readonly string[] {
  const tables = input.listing.split('\n');
  const own = `ip ${NFT_TABLE}`;
  if (!tables.includes(`table ${own}`)) return [];
  const proxys = input.otherKubernetes === null ? [`ip ${KUBE_PROXY_TABLE}`, `ip6 ${KUBE_PROXY_TABLE}`] : [];
  return [...proxys.filter((table) => tables.includes(`table ${table}`)), own];
}

function noteSysctls(layout: ClusterLayout): void {
  if (existsSync(noteFile(layout))) return;
  const values = Object.keys(SYSCTLS).flatMap((name) =>
    existsSync(sysctlFile(name)) ? [[name, readFileSync(sysctlFile(name), 'utf8').trim()] as const] : [],
  );
  writeFileSync(noteFile(layout), JSON.stringify(Object.fromEntries(values)));
}

function noteFile(layout: ClusterLayout): string {
  return join(layout.state, 'sysctls-before.json');
}

function sysctlFile(name: string): string {
  return `/proc/sys/${name}`;
}
