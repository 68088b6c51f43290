// An overlay on deploy/ for one test, and kubectl to use it with.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import { run } from '../cluster/run.ts';
import { readTestCluster } from '../cluster/test-cluster.ts';
import type { RealCluster } from './kubeconfig-fixture.ts';

export const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));

/** A Kubernetes object as far as tests look into any. */
export interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
  readonly spec?: { readonly template?: { readonly spec: object } };
}

/** kubectl as the cluster's admin. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** @throws Error with kubectl's own words when it fails; a call may take 3 min */
export function kubectlFor(real: RealCluster): Kubectl {
  // The test cluster brings the one of its own version.
  const program = readTestCluster()?.kubectl ?? 'kubectl';
  const where = [
    '--kubeconfig',
    real.kubeconfigFile,
    ...(real.context === undefined ? [] : ['--context', real.context]),
  ];
  return (args, input) =>
    run([program, ...where, ...args], { timeoutMs: 180_000, ...(input === undefined ? {} : { input }) });
}

/** What the overlay says about its cluster; what is left out stays as the base has it. */
export interface OverlayRequest {
  readonly namespace: string;
  /** Folders below deploy/components. Default: node-reader. */
  readonly components?: readonly string[];
  /** `name:tag`. */
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Content of sub2api.yaml and of egress-proxy-benchmarks.yaml, as values. */
  readonly targets?: unknown;
  readonly profiles?: unknown;
}

/** Writes it into a folder of its own; `dispose` removes that, not what was applied. */
export function writeOverlay(request: OverlayRequest): { readonly folder: string; dispose(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'proxybench-overlay-'));
  const [newName, newTag] = (request.image ?? '').split(/:(?=[^:/]*$)/);
  const generators: object[] = [];
  const replace = (name: string, file: string, content: unknown): void => {
    if (content === undefined) return;
    writeFileSync(join(folder, file), stringify(content));
    generators.push({ name, behavior: 'replace', files: [file] });
  };
  replace('proxybench-targets', 'sub2api.yaml', request.targets);
  replace('proxybench-profiles', 'egress-proxy-benchmarks.yaml', request.profiles);
  const literals = Object.entries(request.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  if (literals.length > 0) generators.push({ name: 'proxybench-worker', behavior: 'merge', literals });
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: request.namespace,
    resources: [relative(folder, join(DEPLOY, 'base'))],
    components: (request.components ?? ['node-reader']).map((name) =>
      relative(folder, join(DEPLOY, 'components', name)),
    ),
    ...(newTag === undefined ? {} : { images: [{ name: 'proxybench-worker', newName, newTag }] }),
    ...(generators.length === 0 ? {} : { configMapGenerator: generators }),
  };
  writeFileSync(join(folder, 'kustomization.yaml'), stringify(kustomization));
  return { folder, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The objects that a folder comes to. */
export async function renderFolder(input: {
  readonly kubectl: Kubectl;
  readonly folder: string;
}): Promise<readonly AnyObject[]> {
  const text = await input.kubectl(['kustomize', input.folder]);
  return parseAllDocuments(text).map((document) => document.toJS() as AnyObject);
}
