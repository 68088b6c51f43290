// The checks of `doctor` for a cluster behind a line: the line itself first, then what kubectl can do there.
import type { Check } from '../cluster.ts';
import type { AskApi } from '../diagnosis/ask-api.ts';
import { timedChecks, well, wrong } from '../diagnosis/check.ts';
import { clockCheck, offsetOfDate } from '../diagnosis/clock-check.ts';
import { type DiagnosisInput, diagnoseCluster } from '../diagnosis/diagnose-cluster.ts';
import { askRemoteApi } from './ask-remote-api.ts';
import { LINE_CHECK, checkLine } from './check-line.ts';
import { missingThere } from './remote-needs.ts';
import type { Route } from './route.ts';

/** A far machine starts kubectl, which looks around first; a line may take its time. */
const WITHIN_MS = 11_000;
const CALL_WITHIN_MS = 10_000;
const LINE_WITHIN_MS = 7_000;
const SERVER_CHECK = 'the API server answers';

/** The line by itself first: without it its own failure is all there is to tell. */
export async function diagnoseByTrans(input: DiagnosisInput & { readonly route: Route }): Promise<readonly Check[]> {
  const { route, target, signal } = input;
  const line = await timedChecks({
    name: LINE_CHECK,
    withinMs: LINE_WITHIN_MS,
    hint: `Try it where the worker runs: trans ${route.name} sh -- true`,
    signal,
    look: (bounded) => checkLine({ route, signal: bounded }),
  });
  const beyond = `rights, namespace ${target.namespace}, proxy Service, node ${target.node}, events`;
  if (fails(line, LINE_CHECK))
    return [...line, unseen({ what: `the API server, ${beyond}`, hint: 'Mend the line first' })];
  const [needs, server, behind] = await Promise.all([
    timedChecks({
      name: 'what the machine must have',
      withinMs: WITHIN_MS,
      hint: `Try it where the worker runs: trans ${route.name} sh -- kubectl version`,
      signal,
      look: (bounded) => checkNeeds({ route, signal: bounded }),
    }),
    timedChecks({
      name: SERVER_CHECK,
      withinMs: WITHIN_MS,
      hint: `Try it where the worker runs: trans ${route.name} sh -- kubectl version`,
      signal,
      look: (bounded) => checkServer({ route, signal: bounded }),
    }),
    diagnoseCluster({ ...input, ask: askerOf(route), withinMs: WITHIN_MS, kubectl: 'kubectl' }),
  ]);
  const first = [...line, ...needs, ...server];
  if (!fails(server, SERVER_CHECK)) return [...first, ...behind];
  return [...first, unseen({ what: beyond, hint: 'Mend the way to the API server first' })];
}

function fails(checks: readonly Check[], name: string): boolean {
  return checks.some((check) => check.name === name && !check.ok && check.advisory !== true);
}

function unseen({ what, hint }: { readonly what: string; readonly hint: string }): Check {
  return wrong({ name: 'what is behind it', detail: `not looked at: ${what}`, hint });
}

async function checkNeeds({
  route,
  signal,
}: {
  readonly route: Route;
  readonly signal: AbortSignal;
}): Promise<readonly Check[]> {
  const name = 'what the machine must have';
  const missing = await missingThere({ route, signal });
  if (missing.length === 0)
    return [well({ name, detail: 'kubectl, curl, gzip, a date with nanoseconds and the rest are there' })];
  const hint = `Install ${missing.join(', ')} on ${route.name}, on the PATH of whoever \`trans\` logs in as`;
  return [wrong({ name, detail: `it lacks ${missing.join(', ')}`, hint })];
}

async function checkServer({
  route,
  signal,
}: {
  readonly route: Route;
  readonly signal: AbortSignal;
}): Promise<readonly Check[]> {
  const askedAtMs = Date.now();
  const { answers, thereMs, serverDateMs } = await askRemoteApi({
    route,
    questions: [{ method: 'GET', path: '/version' }],
    timeoutMs: CALL_WITHIN_MS,
    signal,
  });
  const answeredAtMs = Date.now();
  const [answer] = answers;
  const version =
    answer !== undefined && 'code' in answer ? (answer.body as { readonly gitVersion?: string }).gitVersion : undefined;
  const name = SERVER_CHECK;
  if (version === undefined) {
    const said = answer !== undefined && 'problem' in answer ? answer.problem.message : 'its answer is no version';
    const hint = `Set up kubectl there; this should answer: trans ${route.name} sh -- kubectl version`;
    return [wrong({ name, detail: said, hint })];
  }
  const takenMs = answeredAtMs - askedAtMs;
  return [
    well({ name, detail: `Kubernetes ${version}, by kubectl on ${route.name}` }),
    ...(Number.isNaN(serverDateMs)
      ? []
      : [
          clockCheck({
            name: `the clock of ${route.name}`,
            whose: route.name,
            against: "the API server's",
            offsetMs: -offsetOfDate({ dateMs: serverDateMs, askedAtMs: thereMs, answeredAtMs: thereMs + takenMs }),
          }),
        ]),
  ];
}

function askerOf(route: Route): AskApi {
  return async ({ questions, signal }) =>
    (await askRemoteApi({ route, questions, timeoutMs: CALL_WITHIN_MS, signal })).answers;
}
