// What the proxy saw of a Job that succeeded: was every stage's traffic there, and was it enough.
import type { Evidence, PerhapsOwn, StageEvidence } from '../../evidence/evidence.ts';
import type { SamplingGap } from '../../evidence/sample-series.ts';
import type { JudgeInput } from '../../evidence/verdict.ts';
import { foreignPullBytes } from '../../evidence/image-rows.ts';
import { LEAST_PAYLOAD_BYTES } from '../../evidence/perhaps-own.ts';
import { formatBytes, formatShare } from '../../quantities/quantities.ts';
import type { Finding } from '../judging/finding.ts';
import { apart, count, timeSpan } from '../judging/wording.ts';

/**
 * The finding on a Job that succeeded. A stage of which the proxy saw nothing bypassed it only when all that may have been
 * its own, moved by anybody who could be its client, is fewer than 1,024 bytes, and no reading is missing there. Nothing
 * seen and more than that in doubt leaves the evidence incomplete, and so do image pulls that nobody told of, and bytes
 * of nobody knows whom. Then the bytes within stages are held against the threshold, by the same rule.
 *
 * Bytes that no connection explains count for a run that had the proxy to itself. On a shared proxy they are anybody's:
 * for passing, only what the run's own connections moved counts there.
 */
export function judgeTraffic(input: JudgeInput): Finding {
  const { plan, evidence } = input;
  const seen = evidence.stages.map((stage) => ({ stage, bytes: countedBytes(input, stage) }));
  const needing = seen.filter(({ stage }) => planned(input, stage)?.needsProxyTraffic === true);
  const unseen = needing
    .filter(({ stage, bytes }) => bytes < LEAST_PAYLOAD_BYTES && !isAllPresent(input, stage))
    .map(({ stage }) => stage);
  const untold = unseen.find((stage) => isPull(input, stage) && stage.state === 'not-started');
  const bypassed = unseen.filter((stage) => stage !== untold && !stage.gap && mostBytes(stage) < LEAST_PAYLOAD_BYTES);
  if (bypassed[0] !== undefined) {
    const hint = bypassed.some((stage) => isPull(input, stage)) ? PULL_HINT : '';
    const reason = `The proxy saw nothing of ${names(bypassed)} although the Job succeeded${hint}`;
    return { outcome: 'failed', family: 'proxy-bypassed', stage: bypassed[0].stage, reason };
  }
  if (untold !== undefined) {
    const reason = "The kubelet's events of image pulls were not seen, so nothing tells which bytes were theirs";
    return { outcome: 'evidence-incomplete', stage: untold.stage, reason };
  }
  if (unseen[0] !== undefined) {
    const reason = `Nothing was seen of ${names(unseen)} for certain, and ${whyUncertain(input, unseen)}`;
    return { outcome: 'evidence-incomplete', stage: unseen[0].stage, reason };
  }
  const unknown = needing.filter(({ stage }) => evidence.clients !== undefined && hasUnknownClient(stage));
  if (unknown[0] !== undefined) {
    const whom = unknown.some(({ stage }) => !isPull(input, stage)) ? "its Pod's" : "its node's";
    const reason = `Whose bytes the proxy saw in ${names(unknown.map(({ stage }) => stage))} cannot be told: the target never told the run ${whom} address`;
    return { outcome: 'evidence-incomplete', stage: unknown[0].stage.stage, reason };
  }
  const seenBytes = seen.reduce((total, { bytes }) => total + bytes, 0);
  return seenBytes < plan.thresholds.payloadBytes ? tooLittle(input, seenBytes) : passed(input, seenBytes);
}

function tooLittle(input: JudgeInput, seenBytes: number): Finding {
  const { plan, evidence } = input;
  const { payloadBytes } = plan.thresholds;
  const [seen, needed] = apart(seenBytes, payloadBytes);
  const numbers = `The proxy saw ${seen} within the stages, ${needed} are needed`;
  if (evidence.gaps.some((gap) => gap.mayHaveMore === true)) {
    const reason = `${numbers}, and more may have moved unseen: ${told(evidence.gaps)}`;
    return { outcome: 'evidence-incomplete', reason };
  }
  const doubtfulBytes = doubtful(input, seenBytes);
  if (seenBytes + doubtfulBytes < payloadBytes)
    return { outcome: 'failed', family: 'insufficient-traffic', reason: numbers };
  const reason = `${numbers}; ${formatBytes(doubtfulBytes)} more may be the run's own, and nothing tells for certain${shareNote(evidence)}`;
  return { outcome: 'evidence-incomplete', reason };
}

/** The most that the run may have moved within its stages beyond what was counted for it. */
function doubtful(input: JudgeInput, seenBytes: number): number {
  const { evidence } = input;
  const { attributedBytes, unattributedBytes, outsideBytes } = evidence;
  const perhapsBytes = evidence.stages
    .filter((stage) => planned(input, stage)?.needsProxyTraffic === true)
    .reduce((total, stage) => total + (stage.perhapsOwn?.bytes ?? 0), 0);
  return attributedBytes + unattributedBytes + Math.min(outsideBytes, perhapsBytes) - seenBytes;
}

function passed({ plan, evidence }: JudgeInput, seenBytes: number): Finding {
  const stages = count(evidence.stages.length, 'stage');
  const left = evidence.omittedStages.length === 0 ? '' : `, ${evidence.omittedStages.length} left out`;
  const traffic = `${formatBytes(seenBytes)} seen at the proxy, ${formatBytes(plan.thresholds.payloadBytes)} needed`;
  const shared = isAlone(evidence)
    ? ''
    : `; ${othersToo(evidence)}: only what the run's own connections explain counts`;
  const gaps =
    evidence.gaps.length === 0
      ? ''
      : `; readings are missing for ${told(evidence.gaps)}, coverage ${formatShare(evidence.coverage)}`;
  return { outcome: 'passed', family: 'none', reason: `${stages} passed${left}: ${traffic}${shared}${gaps}` };
}

function whyUncertain(input: JudgeInput, unseen: readonly StageEvidence[]): string {
  const { plan, evidence } = input;
  if (unseen.some((stage) => stage.gap)) return `readings of the proxy are missing there: ${told(evidence.gaps)}`;
  const strange = unseen.find(({ perhapsOwn }) => (perhapsOwn?.bytes ?? 0) >= LEAST_PAYLOAD_BYTES);
  if (strange?.perhapsOwn !== undefined)
    return whoElse({ ...strange.perhapsOwn, isPull: isPull(input, strange), target: plan.target.name });
  if (!isAlone(evidence)) return `bytes there that no connection explains may be anybody's: ${othersToo(evidence)}`;
  return `bytes that no connection explains moved too close to its ends to tell whose they were; sample faster than every ${plan.sampling.intervalMs} ms, which helps while a run has no more than 750 readings, or give the stage more to do`;
}

function whoElse(found: PerhapsOwn & { readonly isPull: boolean; readonly target: string }): string {
  const { bytes, topClient, isPull: pulls, target } = found;
  const whom = `${formatBytes(bytes)} moved meanwhile, most by ${topClient.name}`;
  if (topClient.class === undefined || topClient.class === (pulls ? 'node' : 'pod'))
    return `${whom}, and may be part of it: on so busy a proxy not every connection is kept by itself`;
  return pulls
    ? `${whom}, which nobody knows; if that is the node, name it under targets.${target}.nodeAddresses (\`doctor ${target} --transfer\` finds it)`
    : `${whom}: perhaps Pods reach the proxy under another address. Let it see their own: no masquerading between Pods and the Service, no NodePort, and no hop in between (\`doctor ${target} --transfer\` tells)`;
}

/** What to look at when image pulls were not seen: the finding that is hardest to act on. */
const PULL_HINT =
  ": the node's container runtime did not pull through the proxy; check its HTTP_PROXY, HTTPS_PROXY, NO_PROXY and registry mirrors, see docs/read-a-report.md";

/** Whether every byte at the proxy was the run's own, as far as anybody can tell. */
function isAlone(evidence: Evidence): boolean {
  return evidence.clients === undefined || evidence.shared === false;
}

/** What counts for a stage: of pulls no more than their images take, for the rest was pulled by others. */
function countedBytes(input: JudgeInput, stage: StageEvidence): number {
  const { evidence } = input;
  const bytes = isAlone(evidence) ? stage.windowBytes : stage.attributedBytes;
  if (!isPull(input, stage)) return bytes;
  return bytes - (evidence.images ?? []).reduce((total, image) => total + foreignPullBytes(image), 0);
}

/** The most that a stage may have moved as far as anybody can tell. */
function mostBytes({ windowBytes, contestedBytes, perhapsOwn }: StageEvidence): number {
  return windowBytes + contestedBytes + (perhapsOwn?.bytes ?? 0);
}

function shareNote(evidence: Evidence): string {
  return isAlone(evidence) ? '' : `, for ${othersToo(evidence)}`;
}

function othersToo({ shared, clients = [] }: Evidence): string {
  if (shared !== true) return 'other clients may have used the proxy too';
  const others = clients.some((client) => client.class === 'other');
  return others ? 'other clients used the proxy too' : 'the node used the proxy for others too';
}

function hasUnknownClient({ topClient }: StageEvidence): boolean {
  return topClient !== null && topClient.class === undefined;
}

/** An image that is there already is asked of nobody. */
function isAllPresent(input: JudgeInput, stage: StageEvidence): boolean {
  const { images = [] } = input.evidence;
  return isPull(input, stage) && images.length > 0 && images.every(({ outcome }) => outcome === 'present');
}

function isPull(input: JudgeInput, stage: StageEvidence): boolean {
  return planned(input, stage)?.kind === 'image-pull';
}

function planned({ plan }: JudgeInput, { stage }: StageEvidence): JudgeInput['plan']['stages'][number] | undefined {
  return plan.stages.find(({ name }) => name === stage);
}

function told(gaps: readonly SamplingGap[]): string {
  const longest = gaps.toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))[0];
  if (longest === undefined) return 'no gap is known';
  return `${count(gaps.length, 'gap')}, the longest between ${timeSpan(longest)} (${longest.reason})`;
}

function names(stages: readonly StageEvidence[]): string {
  return stages.map(({ stage }) => stage).join(', ');
}
