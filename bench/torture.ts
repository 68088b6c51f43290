// Many small runs, each disturbed at random: kills, restarts, cancels, two runs at once. What was promised must hold in every one.
//   npm run bench:torture -- [SEED] [ROUNDS]     default: 1 20; prints the seed of each round, which makes it again
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { ResultDocument } from '../src/evidence/result-document.ts';
import type { Plan } from '../src/plan/plan.ts';
import { proxyWorkflowId } from '../src/temporal/names.ts';
import { cancelRun, runStatus } from '../src/workflows/messages.ts';
import { type GatedUpstream, startGatedUpstream } from '../test/support/gated-upstream.ts';
import { buildStage } from '../test/support/plan-builder.ts';
import { type Random, randomFrom, upTo } from '../test/support/random-from.ts';
import { type RunHandle, type Stack, startStack } from '../test/support/stack.ts';
import { readArguments } from './read-arguments.ts';

const FAMILIES = ['npm-download', 'go-download', 'git-mirror'] as const;
/** A run may lose so many milliseconds to each disturbance before it counts as stuck: a heartbeat's timeout and a start. */
const STUCK_MS = 90_000;
const TOLERANCE = 0.01;

interface Run {
  readonly plan: Plan;
  readonly handle: RunHandle;
  readonly names: readonly string[];
}

/** What a disturbance does, and which outcomes it makes right. */
interface Disturbance {
  readonly outcomes: readonly string[];
  /** Whether the proxy's own counters can still be held against the evidence afterwards. */
  readonly countersLost?: boolean;
  readonly twoRuns?: boolean;
  readonly act: (scene: { readonly stack: Stack; readonly run: Run; readonly random: Random }) => Promise<void>;
}

const PASSED = ['passed'];
const CANCELLED = ['cancelled', 'passed'];

const DISTURBANCES: Readonly<Record<string, Disturbance>> = {
  nothing: { outcomes: PASSED, act: async () => undefined },
  'worker SIGKILL': {
    outcomes: PASSED,
    act: ({ stack, random }) => replaceWorker({ stack, random, signal: 'SIGKILL' }),
  },
  'worker SIGTERM': {
    outcomes: PASSED,
    act: ({ stack, random }) => replaceWorker({ stack, random, signal: 'SIGTERM' }),
  },
  'worker twice': {
    outcomes: PASSED,
    act: async ({ stack, random }) => {
      await replaceWorker({ stack, random, signal: 'SIGKILL' });
      await replaceWorker({ stack, random, signal: 'SIGTERM' });
    },
  },
  'server restart': { outcomes: PASSED, act: ({ stack }) => stack.server.restart() },
  'supervisor SIGKILL': {
    outcomes: ['failed', 'passed'],
    act: async ({ stack, run }) => {
      const [supervisor] = stack.processesOf(run.plan.runId);
      if (supervisor !== undefined) tryToKill(supervisor, 'SIGKILL');
    },
  },
  'proxy SIGKILL': {
    outcomes: ['failed', 'passed', 'evidence-incomplete', 'unreachable'],
    countersLost: true,
    act: async ({ stack }) => {
      await stack.proxy.kill();
      await stack.proxy.start();
    },
  },
  'cancel by signal': { outcomes: CANCELLED, act: ({ run }) => cancel(run) },
  'cancel by Temporal': { outcomes: CANCELLED, act: ({ run }) => unlessOver(run.handle.cancel()) },
  'cancel both ways, twice': {
    outcomes: CANCELLED,
    act: async ({ run }) => {
      const { handle } = run;
      await Promise.allSettled([
        handle.signal(cancelRun, { reason: 'torture' }),
        handle.cancel(),
        handle.signal(cancelRun, { reason: 'torture again' }),
      ]);
    },
  },
  'worker SIGKILL, then cancel': {
    outcomes: CANCELLED,
    act: async ({ stack, run, random }) => {
      await replaceWorker({ stack, random, signal: 'SIGKILL' });
      await cancel(run);
    },
  },
  'cancel, then worker SIGKILL': {
    outcomes: CANCELLED,
    act: async ({ stack, run, random }) => {
      await cancel(run);
      await pause(upTo(random, 1500));
      await replaceWorker({ stack, random, signal: 'SIGKILL' });
    },
  },
  'cancel, then worker SIGTERM': {
    outcomes: CANCELLED,
    act: async ({ stack, run, random }) => {
      await cancel(run);
      await pause(upTo(random, 1500));
      await replaceWorker({ stack, random, signal: 'SIGTERM' });
    },
  },
  'a second run': { outcomes: PASSED, twoRuns: true, act: async () => undefined },
};

const [firstSeed = 1, rounds = 20] = readArguments({ bench: import.meta.url, options: {}, mostNumbers: 2 }).numbers;
const only = process.env['TORTURE_ONLY'];
const upstream = await startGatedUpstream();
const stack = await startStack();
let broken = 0;
try {
  process.stdout.write(
    'seed  disturbance                  at       outcome              bytes / at the proxy          gaps  seconds  promises\n',
  );
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const told = await round(seed).catch((thrown: unknown) => ({ line: String(thrown), faults: ['threw'] }));
    const verdict = told.faults.length === 0 ? 'kept' : `BROKEN: ${told.faults.join('; ')}`;
    process.stdout.write(`${String(seed).padStart(4)}  ${told.line}  ${verdict}\n`);
    if (told.faults.length === 0) continue;
    broken += 1;
    process.stdout.write(`      again: npm run bench:torture -- ${seed} 1\n`);
  }
} finally {
  await stack.stop();
  await upstream.close();
}
process.stdout.write(`${rounds} rounds, ${broken} with a broken promise\n`);
process.exitCode = broken === 0 ? 0 : 1;

async function round(seed: number): Promise<{ line: string; faults: readonly string[] }> {
  const random = randomFrom(seed);
  const names = Object.keys(DISTURBANCES).filter((name) => only === undefined || name.includes(only));
  const name = names[upTo(random, names.length - 1)] ?? 'nothing';
  const disturbance = DISTURBANCES[name];
  if (disturbance === undefined) throw new Error(`there is no disturbance ${name}`);
  const before = await stack.proxyTotalBytes();
  const startedAtMs = performance.now();
  const run = await startRun({ tag: `t${seed}`, upstream });
  const other = disturbance.twoRuns === true ? await startRun({ tag: `u${seed}`, upstream }) : undefined;
  // A run takes about four seconds undisturbed: start, three stages, end; so any moment of it is hit.
  const afterMs = upTo(random, 4500);
  const opening = openGates({ run, random });
  await pause(afterMs);
  await disturbance.act({ stack, run, random });
  await opening;
  const seen = await outcomeOf(run);
  const faults = [...(await faultsOf({ run, seen, disturbance, before, alone: other === undefined }))];
  if (other !== undefined) {
    const second = await outcomeOf(other);
    const outcomes = [seen.outcome, second.outcome].toSorted();
    if (JSON.stringify(outcomes) !== JSON.stringify(['passed', 'unreachable']) && outcomes.join() !== 'passed,passed')
      faults.push(`two runs ended as ${outcomes.join(' and ')}`);
    if (stack.processesOf(other.plan.runId).length > 0) faults.push('processes of the second run left');
  }
  const columns = [
    name.padEnd(27),
    `${afterMs} ms`.padStart(7),
    seen.outcome.padEnd(19),
    `${seen.evidence?.totalBytes ?? '-'} / ${(await stack.proxyTotalBytes()) - before}`.padStart(22),
    String(seen.evidence?.gaps.length ?? '-').padStart(5),
    ((performance.now() - startedAtMs) / 1000).toFixed(1).padStart(8),
  ];
  return { line: columns.join('  '), faults };
}

async function startRun(input: { readonly tag: string; readonly upstream: GatedUpstream }): Promise<Run> {
  const names = FAMILIES.map((family) => `${input.tag}-${family}`);
  const stages = FAMILIES.map((failureFamily, index) =>
    buildStage({
      name: failureFamily,
      failureFamily,
      needsProxyTraffic: true,
      ...stack.downloads(input.upstream.url(names[index] ?? '')),
    }),
  );
  const plan = stack.plan({ stages });
  return { plan, handle: await stack.startPlan(plan), names };
}

/** Lets each stage go on some moment after the run was started, reached or not. */
async function openGates({ run, random }: { readonly run: Run; readonly random: Random }): Promise<void> {
  for (const name of run.names) {
    await pause(800 + upTo(random, 600));
    upstream.open(name);
  }
}

interface Seen {
  readonly outcome: string;
  readonly evidence: ResultDocument['evidence'] | null;
  readonly reason: string;
  readonly problems: readonly string[];
}

async function outcomeOf({ handle }: Run): Promise<Seen> {
  const ended = handle.result().then(
    (result) => result.endingProblems,
    () => [],
  );
  const timer = new AbortController();
  const problems = await Promise.race([ended, pause(STUCK_MS, null, { signal: timer.signal }).catch(() => null)]);
  timer.abort();
  if (problems === null) {
    await handle.terminate('stuck').catch(() => undefined);
    return { outcome: 'stuck', evidence: null, reason: '', problems: [] };
  }
  const { state, evidence, verdict } = await handle.query(runStatus);
  return { outcome: state, evidence, reason: verdict?.reason ?? '', problems };
}

async function faultsOf(input: {
  readonly run: Run;
  readonly seen: Seen;
  readonly disturbance: Disturbance;
  readonly before: number;
  readonly alone: boolean;
}): Promise<readonly string[]> {
  const { run, seen, disturbance, before, alone } = input;
  const faults: string[] = seen.problems.map((problem) => `problem: ${problem}`);
  // Cancelled before a Job was asked for: nothing to hold the rest against.
  const neverRan = run.names.every((name) => upstream.requests(name) === 0);
  const refused = !alone && seen.outcome === 'unreachable';
  const cancelledAtOnce = disturbance.outcomes === CANCELLED && neverRan && seen.outcome === 'starting';
  if (!disturbance.outcomes.includes(seen.outcome) && !refused && !cancelledAtOnce)
    faults.push(`ended as ${seen.outcome}: ${seen.reason}`);
  for (const name of run.names) if (upstream.requests(name) > 1) faults.push(`${name} ran twice`);
  const left = stack.processesOf(run.plan.runId);
  if (left.length > 0) faults.push(`processes left: ${left.join(' ')}`);
  if (alone && disturbance.countersLost !== true && seen.evidence !== null) {
    const counted = (await stack.proxyTotalBytes()) - before;
    const { totalBytes } = seen.evidence;
    if (Math.abs(totalBytes - counted) > TOLERANCE * counted) faults.push(`counted ${totalBytes} of ${counted} bytes`);
  }
  if (seen.evidence !== null && seen.evidence.gaps.length === 0 && seen.evidence.coverage < 1)
    faults.push('coverage below 1 and no gap stated');
  if (!(await leaseIsFree(run.plan))) faults.push('the proxy is still held');
  return faults;
}

async function cancel({ handle }: Run): Promise<void> {
  await unlessOver(handle.signal(cancelRun, { reason: 'torture' }));
}

/** A run that has ended meanwhile cannot be told anything any more. */
async function unlessOver(message: Promise<unknown>): Promise<void> {
  await message.catch((thrown: unknown) => {
    if (!(thrown instanceof WorkflowNotFoundError)) throw thrown;
  });
}

/** Temporal lets the lease go right after the run has closed. */
async function leaseIsFree({ target, proxy }: Plan): Promise<boolean> {
  const lease = stack.client.workflow.getHandle(proxyWorkflowId({ node: target.node, service: proxy.service }));
  for (let tries = 0; tries < 20; tries++) {
    const state = await lease.describe().then(
      ({ status }) => status.name,
      () => 'NONE',
    );
    if (state !== 'RUNNING') return true;
    await pause(100);
  }
  return false;
}

async function replaceWorker(input: {
  readonly stack: Stack;
  readonly random: Random;
  readonly signal: NodeJS.Signals;
}): Promise<void> {
  const { worker } = input.stack;
  tryToKill(worker.service.pid, input.signal);
  await worker.service.exited;
  await pause(upTo(input.random, 3000));
  await worker.start();
}

function tryToKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
