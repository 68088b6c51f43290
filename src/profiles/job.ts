// The Kubernetes objects of a run on a cluster: one Job, and a ConfigMap with the files of its stages and companions.
import type { Plan, PlannedObject, Stage } from '../plan/plan.ts';
import { companionContainer } from './companion-container.ts';
import { TERMINATION_LOG, enterStage } from './enter-stage.ts';

/** Time for the workflow to end a run by itself before the cluster ends the Job, in seconds. */
const CLEAN_UP_BUDGET_SECONDS = 300;

const WORK_DIR = '/proxybench/work';
const FILES_DIR = '/proxybench/files';

/** Bounds of the Job, from the profile. */
export interface JobResources {
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
}

/** The objects, in the order in which they are to be applied. */
export function renderObjects(input: {
  readonly plan: Plan;
  readonly resources: JobResources;
}): readonly PlannedObject[] {
  const job = renderJob(input);
  return partsWithFiles(input.plan).length === 0 ? [job] : [renderFiles(input.plan), job];
}

/**
 * The Job. Each stage but the last is an init container; they run one after another, each in its own empty directory.
 * Companions are side-cars, up before the first of them. When it may expire is set by clean-up: a Job that nobody has read stays.
 */
export function renderJob(input: { readonly plan: Plan; readonly resources: JobResources }) {
  const { plan, resources } = input;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: plan.jobName,
      namespace: plan.target.namespace,
      labels: { ...plan.labels },
      annotations: { 'proxybench.dev/spec-hash': plan.specHash },
    },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      activeDeadlineSeconds: Math.ceil((plan.deadlineMs + plan.cleanUp.stopGraceMs) / 1_000) + CLEAN_UP_BUDGET_SECONDS,
      template: { metadata: { labels: { ...plan.labels } }, spec: renderPod({ plan, resources }) },
    },
  };
}

function renderPod(input: { readonly plan: Plan; readonly resources: JobResources }) {
  const { plan, resources } = input;
  const containers = plan.stages
    .filter((stage) => stage.kind === 'container')
    .map((stage) => renderContainer({ stage, resources }));
  const companions = (plan.companions ?? []).map((companion) =>
    companionContainer({ companion, places: { workDir: WORK_DIR, filesDir: FILES_DIR } }),
  );
  const files = partsWithFiles(plan);
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: Math.ceil(plan.cleanUp.stopGraceMs / 1_000),
    // A kubelet writes this label in lower case whatever the machine calls itself.
    nodeSelector: { 'kubernetes.io/hostname': plan.target.node.toLowerCase() },
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    volumes: [
      { name: 'work', emptyDir: { sizeLimit: `${resources.diskMiB}Mi` } },
      ...(files.length === 0
        ? []
        : [{ name: 'files', configMap: { name: filesName(plan), items: files.flatMap(fileItems) } }]),
    ],
    initContainers: [...companions, ...containers.slice(0, -1)],
    containers: containers.slice(-1),
  };
}

/** What apk needs to unpack as root and to run packages' scripts; every other stage does without. */
const APK_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'SETGID', 'SETUID', 'SYS_CHROOT'];

function renderContainer(input: { readonly stage: Stage; readonly resources: JobResources }) {
  const { stage, resources } = input;
  const limits = { cpu: `${resources.cpuMillicores}m`, memory: `${resources.memoryMiB}Mi` };
  return {
    name: stage.name,
    image: stage.images[0] ?? '',
    imagePullPolicy: 'Always',
    command: enterStage({ filesDir: `${FILES_DIR}/${stage.name}`, command: stage.command }),
    workingDir: WORK_DIR,
    env: [
      ...stage.env.map((variable) => ({ ...variable })),
      { name: 'HOME', value: `${WORK_DIR}/.home` },
      { name: 'TMPDIR', value: `${WORK_DIR}/.tmp` },
    ],
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], ...(stage.name === 'apk-add' ? { add: APK_CAPABILITIES } : {}) },
    },
    terminationMessagePath: TERMINATION_LOG,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'work', mountPath: WORK_DIR, subPath: stage.name },
      ...(Object.keys(stage.files).length === 0 ? [] : [{ name: 'files', mountPath: FILES_DIR, readOnly: true }]),
    ],
  };
}

function renderFiles(plan: Plan): PlannedObject {
  const entries = partsWithFiles(plan).flatMap((part) =>
    Object.entries(part.files).map(([path, content], index) => [fileKey({ part, path, index }), content] as const),
  );
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: filesName(plan), namespace: plan.target.namespace, labels: { ...plan.labels } },
    data: Object.fromEntries(entries),
  };
}

function fileItems(part: FiledPart) {
  return Object.keys(part.files).map((path, index) => ({
    key: fileKey({ part, path, index }),
    path: `${part.name}/${path}`,
  }));
}

/** A ConfigMap's key holds no slash; the number keeps `a/b` and `a.b` apart. */
function fileKey(input: { readonly part: FiledPart; readonly path: string; readonly index: number }): string {
  return `${input.part.name}.${input.index}.${input.path.replaceAll('/', '.')}`.slice(0, 253);
}

function filesName(plan: Plan): string {
  return `${plan.jobName}-files`;
}

/** A stage or a companion, as far as its files go. */
type FiledPart = Pick<Stage, 'name' | 'files'>;

function partsWithFiles(plan: Plan): readonly FiledPart[] {
  return [...(plan.companions ?? []), ...plan.stages].filter(({ files }) => Object.keys(files).length > 0);
}
