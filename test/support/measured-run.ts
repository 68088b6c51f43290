// One whole run by the command line on a real cluster, held against the proxy's own counters; and what must be true of it.
import type { StageEvidence } from '../../src/evidence/evidence.ts';
import type { ResultDocument } from '../../src/evidence/result-document.ts';
import { forgetAllImages, registryNormal, registrySlow } from '../cluster/faults.ts';
import type { ClusterStack } from './cluster-stack.ts';

export interface MeasuredRun {
  readonly target: string;
  /** Exit code of the command line. */
  readonly code: number | null;
  /** All that it said. */
  readonly output: string;
  readonly result: ResultDocument;
  /** Whether no image was on the node; on a user's cluster nobody forgets any, and a pull may move next to nothing. */
  readonly coldImages: boolean;
  /** By how much the proxy's own counters grew, read before and after, past the program. */
  readonly counterBytes: number;
}

const STAGES_WITH_TRAFFIC = ['image-pull', 'apk-add', 'npm-install', 'go-download', 'git-mirror'] as const;
const LEAST_COVERAGE = 0.99;
const MOST_TOTAL_ERROR = 0.01;
/** By how much two routes may differ in a stage's bytes. */
export const MOST_ROUTE_DIFFERENCE = 0.02;

/**
 * What the test cluster's registry sends while a run is measured, as one on the internet might. Its images lie on the same
 * machine, and unhindered it sends a tenth of them between two readings.
 */
const REGISTRY_BYTES_PER_SECOND = 8_000_000;

/** `proxybench run --confirm --wait`; on the project's own cluster with no image on the node, for images share layers. */
export async function measuredRun(input: {
  readonly stack: ClusterStack;
  readonly target: string;
  readonly profile: string;
  /** Default 280 s. */
  readonly timeoutMs?: number;
  readonly onLine?: (line: string) => void;
}): Promise<MeasuredRun> {
  const { stack, target, profile, ...options } = input;
  const coldImages = stack.cluster.isOwn;
  if (coldImages) {
    await forgetAllImages();
    registrySlow({ bytesPerSecond: REGISTRY_BYTES_PER_SECOND });
  }
  const known = new Set(await runsOf(stack));
  const before = await stack.counters();
  const words = ['run', '--targets', target, '--profile', profile, '--confirm', '--wait'];
  const { code, output } = await stack.cli(words, options).finally(() => {
    if (coldImages) registryNormal();
  });
  const workflowId = (await runsOf(stack)).find((id) => !known.has(id));
  if (workflowId === undefined) throw new Error(`no run was started:\n${output}`);
  const result = (await stack.client.workflow.getHandle(workflowId).result()) as ResultDocument;
  const counterBytes = (await stack.counters()).totalBytes - before.totalBytes;
  return { target, code, output, result, coldImages, counterBytes };
}

/** What is not as it must be; empty when every claim holds. */
export function brokenClaims({ run, payloadBytes }: { run: MeasuredRun; payloadBytes: number }): readonly string[] {
  const { result, counterBytes, code } = run;
  const { evidence, verdict } = result;
  const broken: string[] = [];
  const claim = (holds: boolean, otherwise: string): void => void (holds || broken.push(`${run.target}: ${otherwise}`));
  claim(verdict.outcome === 'passed', `${verdict.outcome}: ${verdict.reason}`);
  claim(code === 0, `the command line ended with ${code}`);
  claim(result.endingProblems.length === 0, `problems at the end: ${result.endingProblems.join('; ')}`);
  claim(evidence.totalBytes >= payloadBytes, `${evidence.totalBytes} bytes seen, ${payloadBytes} wanted`);
  const error = Math.abs(evidence.totalBytes / counterBytes - 1);
  claim(error <= MOST_TOTAL_ERROR, `${evidence.totalBytes} bytes seen, by the proxy's own counters ${counterBytes}`);
  claim(evidence.coverage >= LEAST_COVERAGE, `coverage ${evidence.coverage}`);
  for (const name of stagesWithTraffic([run])) {
    const stage = stageOf(result, name);
    claim((stage?.windowBytes ?? 0) > 0, `${name} without traffic`);
    const wanted = name === 'image-pull' ? 'node' : 'pod';
    claim(
      stage?.topClient?.class === wanted,
      `the client of ${name} is ${JSON.stringify(stage?.topClient)}, no ${wanted}`,
    );
  }
  return broken;
}

/** A stage's bytes on one route and on another. */
export interface RouteDifference {
  readonly stage: string;
  readonly bytes: readonly [number, number];
  /** The second against the first: 0.01 is one percent more. */
  readonly difference: number;
}

/** Stage by stage, and the run's total as the last row; without pulls, and the total that they are part of, of warm images. */
export function routeDifferences(first: MeasuredRun, second: MeasuredRun): readonly RouteDifference[] {
  const row = (stage: string, a: number, b: number): RouteDifference => ({
    stage,
    bytes: [a, b],
    difference: b / a - 1,
  });
  return [
    ...stagesWithTraffic([first, second]).map((name) =>
      row(name, stageOf(first.result, name)?.windowBytes ?? 0, stageOf(second.result, name)?.windowBytes ?? 0),
    ),
    ...(first.coldImages && second.coldImages
      ? [row('total', first.result.evidence.totalBytes, second.result.evidence.totalBytes)]
      : []),
  ];
}

function stagesWithTraffic(runs: readonly MeasuredRun[]): readonly string[] {
  const cold = runs.every(({ coldImages }) => coldImages);
  return STAGES_WITH_TRAFFIC.filter((name) => cold || name !== 'image-pull');
}

function stageOf({ evidence }: ResultDocument, name: string): StageEvidence | undefined {
  return evidence.stages.find(({ stage }) => stage === name);
}

async function runsOf({ client }: ClusterStack): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { type, workflowId } of client.workflow.list()) if (type === 'benchmarkTarget') ids.push(workflowId);
  return ids;
}
