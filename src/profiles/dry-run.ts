// What a run would do, as a document for people and programs; made from its Plan alone, secrets masked.
import { maskCredentials } from '../evidence/mask-credentials.ts';
import type { Companion, CompanionLimits, Plan, PlannedObject, Stage } from '../plan/plan.ts';

/** One stage of a dry run. */
export interface DryRunStage {
  readonly name: string;
  readonly kind: Stage['kind'];
  readonly failureFamily: string;
  readonly deadlineMs: number;
  readonly images: readonly string[];
  readonly command: readonly string[];
  readonly files: readonly string[];
  readonly tools: readonly string[];
  readonly remote: string | null;
  readonly note: string | null;
}

/** One program beside the stages. */
export interface DryRunCompanion {
  readonly name: string;
  readonly image: string | null;
  readonly command: readonly string[];
  readonly files: readonly string[];
  readonly limits: CompanionLimits | null;
  /** Of its readiness and, for a program under test, of its counters. */
  readonly ports: readonly number[];
}

/** What one run would do. */
export interface DryRunDocument {
  readonly version: 1;
  readonly target: string;
  readonly node: string;
  readonly namespace: string;
  readonly reach: string;
  readonly profile: string;
  readonly kind: string;
  readonly jobName: string;
  readonly specHash: string;
  readonly deadlineMs: number;
  readonly payloadBytes: number;
  readonly thresholds: Plan['thresholds'];
  readonly samplingIntervalMs: number;
  /** What is read: the control API of the proxy, or the programs beside the stages. */
  readonly sampled: NonNullable<Plan['sampling']['source']>;
  readonly labels: Readonly<Record<string, string>>;
  readonly proxy: {
    readonly service: string;
    readonly url: string;
    readonly controlUrl: string;
    readonly controlSecret: string;
  };
  /** What every stage is given, masked. */
  readonly proxyEnvironment: Readonly<Record<string, string>>;
  readonly companions: readonly DryRunCompanion[];
  readonly stages: readonly DryRunStage[];
  readonly omittedStages: Plan['omittedStages'];
  /** The images that the target would pull. */
  readonly images: readonly string[];
  /** The Git remotes, and `this-clone` where a host target serves its own. */
  readonly remotes: readonly string[];
  /** The objects that would be applied, in order; empty on a host target. */
  readonly manifest: readonly PlannedObject[];
}

/** The dry run of one Plan. Pure. */
export function dryRunDocument(plan: Plan): DryRunDocument {
  const { target, proxy } = plan;
  return {
    version: 1,
    target: target.name,
    node: target.node,
    namespace: target.namespace,
    reach: shownReach(plan),
    profile: plan.profile,
    kind: plan.kind,
    jobName: plan.jobName,
    specHash: plan.specHash,
    deadlineMs: plan.deadlineMs,
    payloadBytes: plan.thresholds.payloadBytes,
    thresholds: plan.thresholds,
    samplingIntervalMs: plan.sampling.intervalMs,
    sampled: plan.sampling.source ?? 'control',
    labels: plan.labels,
    proxy: {
      service: proxy.service,
      url: maskCredentials(proxy.url),
      controlUrl: maskCredentials(proxy.controlUrl),
      controlSecret: shownSecret(plan),
    },
    proxyEnvironment: proxyEnvironmentOf(plan),
    companions: (plan.companions ?? []).map(shownCompanion),
    stages: plan.stages.map(shownStage),
    omittedStages: plan.omittedStages,
    images: remoteImages([plan]),
    remotes: remotesOf(plan),
    manifest: masked(plan.objects),
  };
}

/** Every image that these runs would pull, each once, sorted. */
export function remoteImages(plans: readonly Plan[]): readonly string[] {
  return [...new Set(plans.flatMap((plan) => plan.stages.flatMap((stage) => stage.images)))].sort();
}

function shownCompanion({ name, image, command, files, limits, ready, metrics }: Companion): DryRunCompanion {
  return {
    name,
    image,
    command: command.map(maskCredentials),
    files: Object.keys(files),
    limits: limits ?? null,
    ports: [...new Set([ready.port, ...(metrics === undefined ? [] : [metrics.port])])],
  };
}

function shownStage(stage: Stage): DryRunStage {
  return {
    name: stage.name,
    kind: stage.kind,
    failureFamily: stage.failureFamily,
    deadlineMs: stage.deadlineMs,
    images: stage.images,
    command: stage.command.map(maskCredentials),
    files: Object.keys(stage.files),
    tools: stage.tools,
    remote: stage.remote === undefined ? null : maskCredentials(stage.remote),
    note: stage.note ?? null,
  };
}

function shownReach(plan: Plan): string {
  const { connection } = plan.target;
  switch (connection.reach) {
    case 'host':
      return 'host';
    case 'kubeconfig':
      return `kubeconfig context ${connection.context}`;
    case 'trans':
      return `trans route ${connection.route}`;
  }
}

/** Where the secret is read from; never what it is. */
function shownSecret(plan: Plan): string {
  const reference = plan.proxy.controlSecret;
  if (reference === undefined) return 'none';
  return 'env' in reference ? `from environment variable ${reference.env}` : `from file ${reference.file}`;
}

function proxyEnvironmentOf(plan: Plan): Readonly<Record<string, string>> {
  const first = plan.stages.find((stage) => stage.env.length > 0);
  const variables = (first?.env ?? []).filter(({ name }) => /_proxy$/i.test(name));
  return Object.fromEntries(variables.map(({ name, value }) => [name, maskCredentials(value)]));
}

function remotesOf(plan: Plan): readonly string[] {
  return [
    ...new Set(plan.stages.flatMap((stage) => (stage.remote === undefined ? [] : [maskCredentials(stage.remote)]))),
  ];
}

function masked(objects: readonly PlannedObject[]): readonly PlannedObject[] {
  return objects.map((object) => ({
    ...object,
    ...(object.spec === undefined ? {} : { spec: maskedDeep(object.spec) }),
    ...(object.data === undefined
      ? {}
      : { data: Object.fromEntries(Object.entries(object.data).map(([key, text]) => [key, maskCredentials(text)])) }),
  }));
}

function maskedDeep(value: unknown): unknown {
  if (typeof value === 'string') return maskCredentials(value);
  if (Array.isArray(value)) return value.map(maskedDeep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, maskedDeep(child)]));
}
