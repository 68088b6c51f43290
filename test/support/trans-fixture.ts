// A far cluster behind a real remote shell: that of the test cluster, with a namespace of its own for each fixture.
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TransClusterOptions, createTransCluster } from '../../src/cluster/trans/trans-cluster.ts';
import { captureCommand } from '../../src/processes/capture-command.ts';
import { renderObjects } from '../../src/profiles/job.ts';
import type { Plan, PlannedProxy } from '../../src/plan/plan.ts';
import type { ClusterFixture } from '../contract/cluster-contract.ts';
import { initialObjects } from '../cluster/proxy-objects.ts';
import { type TestCluster, readTestCluster } from '../cluster/test-cluster.ts';
import { whyNoTestCluster } from '../cluster/why-no-test-cluster.ts';
import { buildPlan, buildScript } from './plan-builder.ts';
import { whyNotOwnCluster } from './users-cluster.ts';

/** The image whose shell runs the scripts; its registry is asked through the proxy. */
const SHELL_IMAGE = 'docker.io/proxybench/probe:1';
const RESOURCES = { cpuMillicores: 500, memoryMiB: 128, diskMiB: 64 };

export type TransFixture = ClusterFixture & {
  readonly testCluster: TestCluster;
  readonly namespace: string;
  readonly proxy: PlannedProxy;
  /** Another client of the same route, over a line that a test has bent. */
  openCluster(options?: Partial<TransClusterOptions>): ReturnType<typeof createTransCluster>;
  /** An environment in which `trans` is this shell script; the real one is "$TRANS". */
  bentLine(script: string): Readonly<Record<string, string>>;
  /** kubectl on this machine, without the line. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** A proxy of the fixture's own, to be broken without hurting anybody else's. */
  openProxy(): Promise<PlannedProxy>;
  /** Where the far side keeps what it records for a run. */
  spoolOf(plan: Plan): string;
};

/** Why tests over a far cluster cannot run here; null where they can. */
export function whyNoTransTests(): string | null {
  const whyNot = whyNotOwnCluster();
  if (whyNot !== null || readTestCluster() !== null) return whyNot;
  return whyNoTestCluster() ?? 'no test cluster is up; `npm run cluster -- up` brings one up';
}

/** Makes the namespace; `dispose` removes it with all that is in it, and the recorders of every plan. */
export async function openTransFixture({
  sharedLine = false,
}: {
  /** Calls go over one connection: quicker, and what breaks it breaks all of them. Default false. */
  readonly sharedLine?: boolean;
} = {}): Promise<TransFixture> {
  const testCluster = readTestCluster();
  if (testCluster === null) throw new Error('no test cluster is up');
  const namespace = `trans-test-${randomUUID().slice(0, 8)}`;
  const directory = mkdtempSync(join(tmpdir(), 'proxybench-trans-'));
  const plans: Plan[] = [];
  const env = {
    ...definedEnvironment(),
    PATH: `${testCluster.transDirectory}:${process.env['PATH'] ?? ''}`,
    ...(sharedLine ? { TRANS_TEST_SHARED_LINE: 'yes' } : {}),
  };
  const proxy: PlannedProxy = {
    service: testCluster.proxyService,
    namespace: testCluster.namespace,
    url: testCluster.proxyUrl,
    noProxy: '',
    controlUrl: `http://127.0.0.1:${testCluster.controlPort}`,
    controlSecret: { env: 'UNUSED' },
  };
  const openCluster = (options: Partial<TransClusterOptions> = {}): ReturnType<typeof createTransCluster> =>
    createTransCluster({ route: testCluster.transRoute, env, ...options });
  const kubectl = (...args: readonly string[]): Promise<string> => runKubectl({ testCluster, args });
  await kubectl('create', 'namespace', namespace);
  const cluster = openCluster();
  return {
    testCluster,
    namespace,
    proxy,
    cluster,
    again: openCluster(),
    clockResolutionMs: 1_000,
    openCluster,
    kubectl,
    bentLine: (script) => {
      const bin = mkdtempSync(join(directory, 'bin-'));
      const file = join(bin, 'trans');
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
      return { ...env, PATH: `${bin}:${env.PATH}`, TRANS: join(testCluster.transDirectory, 'trans') };
    },
    plan: ({ scripts, stage, plan }) => {
      const stages = Object.entries(scripts).map(([name, script]) =>
        buildScript({ ...stage, name, script, images: [SHELL_IMAGE] }),
      );
      const runId = plan?.runId ?? `test-${randomUUID().slice(0, 13)}`;
      const bare = buildPlan({
        runId,
        target: {
          name: 'far',
          node: testCluster.nodeName,
          namespace,
          connection: { reach: 'trans', route: testCluster.transRoute },
        },
        proxy,
        stages,
        labels: { 'app.kubernetes.io/managed-by': 'proxybench', 'proxybench.dev/run': runId },
        sampling: { intervalMs: 250 },
        ...plan,
      });
      const built = { ...bare, objects: renderObjects({ plan: bare, resources: RESOURCES }) };
      plans.push(built);
      return built;
    },
    openProxy: async () => {
      const file = join(directory, 'proxy.json');
      writeFileSync(file, JSON.stringify(ownProxy({ testCluster, namespace })));
      await kubectl('apply', '-f', file);
      await kubectl('-n', namespace, 'rollout', 'status', `deployment/${testCluster.proxyService}`, '--timeout=60s');
      return { ...proxy, namespace };
    },
    spoolOf: ({ runId }) =>
      join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'proxybench/recorders', runId),
    running: async ({ jobName }) => {
      const pods = await kubectl('-n', namespace, 'get', 'pods', '-l', `job-name=${jobName}`, '-o', RUNNING_PODS);
      return pods.split('\n').filter((line) => / (Pending|Running)$/.test(line));
    },
    dispose: async () => {
      await Promise.allSettled(plans.map((plan) => cluster.cleanUp({ plan })));
      await kubectl('delete', 'namespace', namespace, '--wait=false', '--ignore-not-found');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The test cluster's proxy in another namespace and without its fixed address. */
function ownProxy(input: { readonly testCluster: TestCluster; readonly namespace: string }): unknown {
  const { items } = initialObjects({ controlSecret: input.testCluster.controlSecret }) as {
    readonly items: readonly { readonly kind: string; readonly metadata: object; readonly spec?: object }[];
  };
  const own = items
    .filter(({ kind }) => ['Secret', 'ConfigMap', 'Service', 'Deployment'].includes(kind))
    .map((item) => ({
      ...item,
      metadata: { ...item.metadata, namespace: input.namespace },
      ...(item.kind === 'Service' ? { spec: { ...item.spec, clusterIP: undefined } } : {}),
    }));
  return { apiVersion: 'v1', kind: 'List', items: own };
}

const RUNNING_PODS = 'jsonpath={range .items[*]}{.metadata.name} {.status.phase}{"\\n"}{end}';

async function runKubectl(input: {
  readonly testCluster: TestCluster;
  readonly args: readonly string[];
}): Promise<string> {
  const { testCluster, args } = input;
  const { exit, output, errorTail } = await captureCommand({
    command: [testCluster.kubectl, ...args],
    env: { ...definedEnvironment(), KUBECONFIG: testCluster.kubeconfigFile },
    timeoutMs: 60_000,
    maxBytes: 16 * 1024 * 1024,
  });
  if (exit.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${errorTail}`);
  return output.toString('utf8');
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
