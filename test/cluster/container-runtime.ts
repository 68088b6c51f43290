// Configuration of containerd and of the Pods' network, kept inside the state directory as far as the programs allow.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComponentSpec } from './component.ts';
import { ADDRESS, BRIDGE, POD_NETWORK, PORTS, PROXY_ADDRESS, PROXY_PORT, SERVICE_NETWORK } from './layout.ts';
import type { ClusterLayout } from './layout.ts';
import { CNI_PLUGINS } from './programs.ts';
import { runOrNull } from './run.ts';

export const PAUSE_IMAGE = 'proxybench.test/pause:1';
/** Names the network in files that CNI leaves outside the state directory. */
export const CNI_NETWORK = 'proxybench-test-cluster';
const REGISTRY_URL = `http://${ADDRESS}:${PORTS.registry}`;

/** What containerd is started with when the node's pulls go through the proxy Pod. The registry is not excepted. */
export const PROXY_ENVIRONMENT: Readonly<Record<string, string>> = {
  HTTP_PROXY: `http://${PROXY_ADDRESS}:${PROXY_PORT}`,
  HTTPS_PROXY: `http://${PROXY_ADDRESS}:${PROXY_PORT}`,
  NO_PROXY: `localhost,127.0.0.1,::1,${SERVICE_NETWORK},${POD_NETWORK},.svc,.cluster.local`,
};

/** Writes containerd's configuration and says how to start it. */
export async function containerdSpec(input: {
  readonly layout: ClusterLayout;
  readonly throughProxy: boolean;
}): Promise<ComponentSpec> {
  const { layout } = input;
  const hosts = join(layout.config, 'certs.d', 'docker.io');
  const cni = join(layout.config, 'cni');
  for (const directory of [hosts, cni, layout.containerd]) mkdirSync(directory, { recursive: true });
  // The server line too, or a failing stand-in would send the pull out to the real one.
  const host = `server = "${REGISTRY_URL}"\n\n[host."${REGISTRY_URL}"]\n  capabilities = ["pull", "resolve"]\n`;
  writeFileSync(join(hosts, 'hosts.toml'), host);
  writeFileSync(join(cni, '10-test-cluster.conflist'), JSON.stringify(cniNetwork(layout), undefined, 2));
  const file = join(layout.config, 'containerd.toml');
  writeFileSync(file, containerdConfig({ layout, cni, snapshotter: await snapshotter(layout) }));
  return {
    name: 'containerd',
    command: ['containerd', '--config', file],
    env: input.throughProxy ? PROXY_ENVIRONMENT : {},
  };
}

/** Arguments that reach this containerd with the images and containers of Kubernetes. */
export function ctr(layout: ClusterLayout): readonly string[] {
  return ['ctr', '--address', layout.containerdSocket, '--namespace', 'k8s.io'];
}

function cniNetwork(layout: ClusterLayout): unknown {
  return {
    cniVersion: '0.4.0',
    name: CNI_NETWORK,
    plugins: [
      {
        type: 'bridge',
        bridge: BRIDGE,
        isDefaultGateway: true,
        hairpinMode: true,
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: join(layout.state, 'cni-addresses'),
          ranges: [[{ subnet: POD_NETWORK }]],
        },
      },
    ],
  };
}

function containerdConfig(input: {
  readonly layout: ClusterLayout;
  readonly cni: string;
  readonly snapshotter: string;
}): string {
  const { layout } = input;
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${JSON.stringify(join(layout.containerd, 'root'))}
state = ${JSON.stringify(join(layout.containerd, 'state'))}
# A negative score needs a capability that a machine in a sandbox lacks.
oom_score = 0

[grpc]
  address = ${JSON.stringify(layout.containerdSocket)}

[${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  # Else containers with a negative score fail where CAP_SYS_RESOURCE is missing.
  restrict_oom_score_adj = true
  # Pods' network namespaces below the state directory, where \`down\` finds them.
  netns_mounts_under_state_dir = true
  disable_apparmor = true
  disable_tcp_service = true
  [${cri}.containerd]
    snapshotter = "${input.snapshotter}"
    default_runtime_name = "runc"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = ${JSON.stringify(join(layout.containerd, 'runc'))}
  [${cri}.cni]
    bin_dir = "${CNI_PLUGINS}"
    conf_dir = ${JSON.stringify(input.cni)}
  [${cri}.registry]
    config_path = ${JSON.stringify(join(layout.config, 'certs.d'))}
`;
}

/** overlayfs where it can be mounted; copying otherwise, as inside another container. */
async function snapshotter(layout: ClusterLayout): Promise<string> {
  const place = join(layout.state, 'overlay-probe');
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(place, name));
  for (const directory of [lower, upper, work, merged]) mkdirSync(directory ?? '', { recursive: true });
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const mounted = await runOrNull(['mount', '-t', 'overlay', 'overlay', '-o', options, merged ?? '']);
  if (mounted !== null) await runOrNull(['umount', merged ?? '']);
  return mounted === null ? 'native' : 'overlayfs';
}
