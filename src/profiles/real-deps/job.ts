// The Kubernetes objects of a run on a cluster: one Job, and a ConfigMap with the stages' files.
import type { Plan, PlannedObject, Stage } from '../../plan/plan.ts';

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

/**
 * Lays the stage's files into its empty working directory and becomes the stage: $0 is the folder with the files, $@ the
 * stage's own argv. Copied, because tools replace files and a mounted file cannot be replaced.
 */
const ENTER_STAGE = 'mkdir -p "$HOME" "$TMPDIR"; if [ -d "$0" ]; then cp -RL "$0"/. .; fi; exec "$@"';

/** The objects, in the order in which they are to be applied. */
export function renderObjects(input: {
  readonly plan: Plan;
  readonly resources: JobResources;
}): readonly PlannedObject[] {
  const job = renderJob(input);
  return stagesWithFiles(input.plan).length === 0 ? [job] : [renderFiles(input.plan), job];
}

/** The Job. Each stage but the last is an init container; they run one after another, each in its own empty directory. */
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
      ttlSecondsAfterFinished: Math.ceil(plan.cleanUp.keepFinishedMs / 1_000),
      template: { metadata: { labels: { ...plan.labels } }, spec: renderPod({ plan, resources }) },
    },
  };
}

function renderPod(input: { readonly plan: Plan; readonly resources: JobResources }) {
  const { plan, resources } = input;
  const containers = plan.stages
    .filter((stage) => stage.kind === 'container')
    .map((stage) => renderContainer({ stage, resources }));
  const files = stagesWithFiles(plan);
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
    initContainers: containers.slice(0, -1),
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
    command: ['sh', '-ec', ENTER_STAGE, `${FILES_DIR}/${stage.name}`, ...stage.command],
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
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'work', mountPath: WORK_DIR, subPath: stage.name },
      ...(Object.keys(stage.files).length === 0 ? [] : [{ name: 'files', mountPath: FILES_DIR, readOnly: true }]),
    ],
  };
}

function renderFiles(plan: Plan): PlannedObject {
  const entries = stagesWithFiles(plan).flatMap((stage) =>
    Object.entries(stage.files).map(([path, content], index) => [fileKey({ stage, path, index }), content] as const),
  );
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: filesName(plan), namespace: plan.target.namespace, labels: { ...plan.labels } },
    data: Object.fromEntries(entries),
  };
}

function fileItems(stage: Stage) {
  return Object.keys(stage.files).map((path, index) => ({
    key: fileKey({ stage, path, index }),
    path: `${stage.name}/${path}`,
  }));
}

/** A ConfigMap's key holds no slash; the number keeps `a/b` and `a.b` apart. */
function fileKey(input: { readonly stage: Stage; readonly path: string; readonly index: number }): string {
  return `${input.stage.name}.${input.index}.${input.path.replaceAll('/', '.')}`.slice(0, 253);
}

function filesName(plan: Plan): string {
  return `${plan.jobName}-files`;
}

function stagesWithFiles(plan: Plan): readonly Stage[] {
  return plan.stages.filter((stage) => Object.keys(stage.files).length > 0);
}
