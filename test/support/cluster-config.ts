// The configuration of tests on a real cluster: its targets, and the shipped profile with less to download.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type ConfigChanges, SHIPPED_CONFIG_DIR } from './config-dir.ts';
import { crowdedProfile } from './crowded-profile.ts';
import {
  CONTROL_PORT,
  CONTROL_SECRET_VARIABLE,
  PROXY_NAMESPACE,
  PROXY_SERVICE,
  type RealCluster,
} from './real-cluster.ts';

/** Names of the targets; both are the same node. */
export const KUBE = 'kube';
export const TRANS = 'trans';
export const SMALL_PROFILE = 'real-deps-small';
/** A metadata proxy that its memory limit kills. */
export const STARVED_PROFILE = 'starved';
export const FULL_PROFILE = 'real-deps-500m';

const SMALL = fileURLToPath(new URL('../fixtures/real-deps-small.yaml', import.meta.url));

interface Stage {
  readonly name: string;
  readonly command: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}
interface Profile {
  readonly realDeps: { readonly stages: readonly Stage[]; readonly gitMirror: Readonly<Record<string, string>> };
}
interface Small {
  readonly apkPackages: readonly string[];
  readonly npmDependencies: Readonly<Record<string, string>>;
  readonly goModules: Readonly<Record<string, string>>;
}

/** Both files of the configuration folder: the shipped profiles unchanged, and two more. */
export async function clusterConfig(cluster: RealCluster): Promise<ConfigChanges> {
  const small = await smallProfile(cluster);
  const starved = crowdedProfile({ cpuMillicores: 500, memoryMiB: 12, requests: 20_000 });
  const profiles = [[['profiles', SMALL_PROFILE], small] as const, [['profiles', STARVED_PROFILE], starved] as const];
  return { targets: stringify(targetsOf(cluster)), profiles };
}

function targetsOf({ context, node, namespace, nodeAddresses, trans }: RealCluster): unknown {
  const common = { node, namespace, proxyService: PROXY_SERVICE, nodeAddresses };
  return {
    targets: {
      [KUBE]: { reach: 'kubeconfig', context, ...common },
      ...(trans === null ? {} : { [TRANS]: { reach: 'trans', route: trans.route, ...common } }),
    },
    proxyServices: {
      [PROXY_SERVICE]: {
        namespace: PROXY_NAMESPACE,
        port: 7890,
        controlUrl: `http://127.0.0.1:${CONTROL_PORT}`,
        controlSecret: { env: CONTROL_SECRET_VARIABLE },
      },
    },
  };
}

async function smallProfile(cluster: RealCluster): Promise<unknown> {
  const shipped = parse(
    await readFile(join(SHIPPED_CONFIG_DIR, 'platform-infra', 'egress-proxy-benchmarks.yaml'), 'utf8'),
  ) as { readonly profiles: Readonly<Record<typeof FULL_PROFILE, Profile>> };
  const { realDeps } = shipped.profiles[FULL_PROFILE];
  const { apkPackages, npmDependencies, goModules, ...settings } = parse(await readFile(SMALL, 'utf8')) as Small;
  const lighter: Readonly<Record<string, (stage: Stage) => Partial<Stage>>> = {
    'apk-add': ({ command }) => ({
      command: command.map((word) => word.replace(/(apk add --no-cache) .*/, `$1 ${apkPackages.join(' ')}`)),
    }),
    'npm-install': () => ({
      files: { 'package.json': JSON.stringify({ private: true, dependencies: npmDependencies }) },
    }),
    'go-download': () => ({ files: { 'go.mod': goMod(goModules) } }),
  };
  return {
    ...settings,
    realDeps: {
      ...realDeps,
      gitMirror: { ...realDeps.gitMirror, remote: cluster.smallRepository },
      stages: realDeps.stages.map((stage) => ({ ...stage, ...lighter[stage.name]?.(stage) })),
    },
  };
}

/** A go.mod that requires these modules. */
export function goMod(modules: Readonly<Record<string, string>>): string {
  const required = Object.entries(modules).map(([name, version]) => `require ${name} ${version}`);
  return `module proxybench.dev/stage\n\ngo 1.22.0\n\n${required.join('\n')}\n`;
}
