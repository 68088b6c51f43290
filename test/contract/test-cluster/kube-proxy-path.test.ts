// kube-proxy as the test cluster starts it, in a network namespace of its own where another kube-proxy has left its chains.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { findOnPath } from '../../../src/processes/find-on-path.ts';
import { kubeconfigOf } from '../../cluster/certificate-set.ts';
import { kubernetesVersion } from '../../cluster/kubernetes-programs.ts';
import { clusterLayout } from '../../cluster/layout.ts';
import { kubeProxySpec } from '../../cluster/node.ts';
import { systemPath } from '../../cluster/programs.ts';
import { run, runOrNull } from '../../cluster/run.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const PATH = systemPath(process.env);
/** Waits for what kube-proxy logs after it has cleaned up, and prints the chains that are left. */
const IN_NAMESPACE = `
iptables -t nat -N KUBE-SERVICES
iptables -t nat -A OUTPUT -m comment --comment 'kubernetes service portals' -j KUBE-SERVICES
mkfifo "$0/log"
directories="$1"; shift
env -i PATH="$directories" "$@" 2> "$0/log" &
grep -m 1 'Waiting for caches to sync' "$0/log" > "$0/seen"
kill "$!"; wait "$!"
iptables-save -t nat`;
const KUBECONFIG = `
apiVersion: v1
kind: Config
current-context: none
contexts: [{ name: none, context: { cluster: none, user: none } }]
clusters: [{ name: none, cluster: { server: 'http://127.0.0.1:9' } }]
users: [{ name: none, user: {} }]
`;

const programs = builtPrograms();
const why = await whyNot();

it.skipIf(why !== null)(
  `the test cluster's kube-proxy leaves the chains of another alone${why === null ? '' : ` (left out: ${why})`}`,
  async () => {
    const home = temporaryDirectory('kube-proxy');
    const layout = clusterLayout({ XDG_STATE_HOME: home });
    for (const directory of [layout.config, layout.kubeconfigs]) mkdirSync(directory, { recursive: true });
    writeFileSync(kubeconfigOf({ layout, client: 'kube-proxy' }), KUBECONFIG);
    const { command, env } = kubeProxySpec({ layout, programs: programs ?? '' });
    const directories = env?.['PATH'] ?? '';
    expect(readdirSync(directories)).toEqual(['nft']);
    const inNamespace = ['unshare', '--net', 'sh', '-c', IN_NAMESPACE, home, directories, ...command];
    const left = await run(inNamespace, { env: { ...process.env, PATH } });
    expect(readFileSync(join(home, 'seen'), 'utf8')).toContain('Waiting for caches');
    expect(left).toContain('-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES');
  },
);

async function whyNot(): Promise<string | null> {
  if (programs === null) return 'no test cluster has built kube-proxy yet';
  const missing = ['nft', 'iptables', 'unshare'].find((program) => findOnPath({ program, path: PATH }) === null);
  if (missing !== undefined) return `there is no ${missing}`;
  const listed = await runOrNull(['unshare', '--net', 'iptables-save', '-t', 'nat'], { env: { ...process.env, PATH } });
  return listed === null ? 'iptables cannot be used in a network namespace here' : null;
}

/** Where the last `up` has left them. */
function builtPrograms(): string | null {
  const home = join(clusterLayout(process.env).cache, 'kubernetes');
  const names = existsSync(home) ? readdirSync(home).map((name) => join(home, name, 'kube-proxy')) : [];
  const found = names.find((file) => basename(dirname(file)).startsWith(kubernetesVersion()) && existsSync(file));
  return found === undefined ? null : dirname(found);
}
