// The Plan of `doctor --transfer`: one image, and one download whose size its Pod tells. Pure: equal inputs make equal Plans.
import type { Plan, PlannedProxy, PlannedTarget, Stage } from '../plan/plan.ts';
import { type JobResources, renderJob } from './job.ts';
import { proxyEnvironment } from './real-deps/stage-environment.ts';
import { runLabels } from './run-labels.ts';
import { jobNameFor, specDigest } from './spec-digest.ts';

/**
 * What is downloaded unless something else is asked for, by the image's own npm: its archive has 11,318,242 bytes, and it
 * has few versions, so that what npm reads about it is small beside it.
 */
export const TRANSFER_PACKAGE = 'tesseract.js-core@5.1.1';

/** Names of the two stages. */
export const TRANSFER_STAGES = { pull: 'image-pull', transfer: 'transfer' } as const;

const PROFILE = 'doctor';
/** A large image may have to come first. */
const PULL_WITHIN_MS = 600_000;
const TRANSFER_WITHIN_MS = 180_000;
const INTERVAL_MS = 100;
const STOP_GRACE_MS = 2_000;
/** One check is repeated by its reader, not by itself. */
const PULL_ATTEMPTS = 1;

/**
 * Runs as the stages of a run do: same image pull policy, same security context, same proxy variables. The container's
 * last line says `bytes`, what was downloaded, and `freeKib`, what its work volume has left on the node.
 */
export function planTransfer(input: {
  readonly target: PlannedTarget;
  readonly proxy: PlannedProxy;
  readonly runId: string;
  /** Must have sh, and npm, or curl or wget for a `url`. */
  readonly image: string;
  /** Download this instead of the package. */
  readonly url?: string;
  readonly resources: JobResources;
}): Plan {
  const draft = draftOf({ ...input, runId: '', jobName: '', specHash: '' });
  const specHash = specDigest({ ...draft, objects: [] });
  const jobName = jobNameFor({ profile: PROFILE, runId: input.runId, specHash });
  const plan = draftOf({ ...input, jobName, specHash });
  return { ...plan, objects: [renderJob({ plan, resources: input.resources })] };
}

function draftOf(
  input: Omit<Parameters<typeof planTransfer>[0], 'resources'> & {
    readonly jobName: string;
    readonly specHash: string;
  },
): Plan {
  const { target, proxy, runId, image, url, jobName, specHash } = input;
  const common = { env: [], files: {}, tools: [], serveThisClone: false, needsProxyTraffic: true };
  const stages: readonly Stage[] = [
    {
      ...common,
      name: TRANSFER_STAGES.pull,
      kind: 'image-pull',
      failureFamily: 'image-pull',
      deadlineMs: PULL_WITHIN_MS,
      images: [image],
      command: [],
    },
    {
      ...common,
      name: TRANSFER_STAGES.transfer,
      kind: 'container',
      failureFamily: 'infrastructure',
      deadlineMs: TRANSFER_WITHIN_MS,
      images: [image],
      command: ['sh', '-euc', url === undefined ? BY_NPM : BY_URL, TRANSFER_STAGES.transfer, url ?? TRANSFER_PACKAGE],
      env: proxyEnvironment(proxy),
    },
  ];
  return {
    version: 1,
    runId,
    kind: PROFILE,
    profile: PROFILE,
    target,
    proxy,
    jobName,
    specHash,
    labels: runLabels({ runId, target: target.name, profile: PROFILE }),
    objects: [],
    stages,
    omittedStages: [],
    sampling: { intervalMs: INTERVAL_MS },
    deadlineMs: PULL_WITHIN_MS + TRANSFER_WITHIN_MS,
    pullRetry: { maxAttempts: PULL_ATTEMPTS, backoffMs: 0 },
    thresholds: { payloadBytes: 1 },
    // The Job itself goes as well: what it showed is in the checks.
    cleanUp: { keepFinishedMs: 0, stopGraceMs: STOP_GRACE_MS },
  };
}

const REPORT = `printf '{"stage":"transfer","bytes":%d,"freeKib":%d}\\n' "$(($(wc -c < download)))" "$(df -Pk . | awk 'NR == 2 { print $4 }')"`;

// npm's own upstream, whatever the image was told before; npm names the archive by itself.
const BY_NPM = `
for name in $(env | grep -i '^npm_config_[a-z0-9_]*=' | cut -d= -f1); do unset "$name"; done
: > "$HOME/npmrc-user"
: > "$HOME/npmrc-global"
export NPM_CONFIG_USERCONFIG="$HOME/npmrc-user" NPM_CONFIG_GLOBALCONFIG="$HOME/npmrc-global"
npm pack --silent --ignore-scripts --no-update-notifier "$1"
mv ./*.tgz download
${REPORT}
`;

const BY_URL = `
if command -v curl > /dev/null; then curl -q -fsSL -o download "$1"
elif command -v wget > /dev/null; then wget -q -O download "$1"
else echo 'the image has neither curl nor wget' >&2; exit 127
fi
${REPORT}
`;
