// The parts of the benchmark: each measures its servers one after another and hands over a row for each.
import { setTimeout as pause } from 'node:timers/promises';
import { runAb } from './ab.ts';
import { type Bout, type Load, loadContender, measure, type Pages, startContender } from './contender.ts';
import type { Contenders } from './contenders.ts';
import { type Row, rowOf, type Scenario, type Who } from './row.ts';
import { TOKEN_PATH, type Upstream } from './upstream.ts';

/** What all parts share. */
export interface Bench {
  readonly upstream: Upstream;
  readonly contenders: Contenders;
  /** A tenth of the requests. */
  readonly quick: boolean;
  readonly onRow: (row: Row) => void;
}

const CLIENTS = 200;
const MANY_CLIENTS = 2_000;
const OUR_MEMORY_MIB = 25;
const PEER_MEMORY_MIB = 128;
/** How long a server that thrashes is watched: it would take hours. */
const HOPELESS_AFTER_SECONDS = 60;
/** For the load while the upstream goes and comes back; it ends by time. */
const ENOUGH_REQUESTS = 1_000_000;

const AFTERWARDS: Load = { requests: 2_000, concurrency: CLIENTS };

/** Runs one part. */
export async function runScenario({
  scenario,
  bench,
}: {
  readonly scenario: Scenario;
  readonly bench: Bench;
}): Promise<void> {
  const tenth = (requests: number): number => (bench.quick ? requests / 10 : requests);
  switch (scenario) {
    case 'upstream':
      return await measureUpstream({ bench, requests: tenth(200_000) });
    case '500m':
      return await compare({ bench, scenario, cpuMillicores: 500, requests: tenth(200_000) });
    case '30m':
      // A minute for the pass-through, which answers 100 in a second.
      return await compare({ bench, scenario, cpuMillicores: 30, requests: tenth(6_000) });
    case 'overload':
      return await overload({ bench, requests: tenth(100_000) });
    case 'restart':
      return await restart(bench);
    case 'long': {
      const load = { requests: tenth(200_000), concurrency: CLIENTS };
      await enter({ bench, scenario, who: 'ours', cpuMillicores: 30, memoryMiB: OUR_MEMORY_MIB, pages: 'warm', load });
    }
  }
}

async function measureUpstream({
  bench,
  requests,
}: {
  readonly bench: Bench;
  readonly requests: number;
}): Promise<void> {
  const url = `${bench.upstream.url}${TOKEN_PATH}`;
  const load = { requests, concurrency: CLIENTS };
  const outcome = await runAb({ ...load, url, headers: ['Metadata-Flavor:Google'], timeoutMs: 600_000 });
  bench.onRow({
    scenario: 'upstream',
    who: 'upstream',
    ...load,
    cpuMillicores: null,
    memoryMiB: null,
    pages: null,
    report: outcome.ended === 'reported' ? outcome.report : null,
    gaveUp: outcome.ended === 'gave-up' ? outcome.why : null,
    ratio: null,
    readyMs: null,
    peakBytes: null,
    anonymousBytes: null,
    fileBytes: null,
    kernelBytes: null,
    refaults: null,
    oomKills: null,
    periods: null,
    throttledPeriods: null,
    cpuMicrosecondsPerRequest: null,
    upstreamRequests: null,
    alive: true,
    recovered: null,
  });
}

/** The pass-through first, then the project's own against it: all under the same CPU limit. */
async function compare(input: {
  readonly bench: Bench;
  readonly scenario: '500m' | '30m';
  readonly cpuMillicores: number;
  readonly requests: number;
}): Promise<void> {
  const { bench, scenario, cpuMillicores, requests } = input;
  const entry = { bench, scenario, cpuMillicores, load: { requests, concurrency: CLIENTS } };
  const peer = await enter({ ...entry, who: 'pass-through', memoryMiB: PEER_MEMORY_MIB, pages: 'warm' });
  const peerPerSecond = peer.report?.requestsPerSecond ?? null;
  const against = { ...entry, peerPerSecond };
  await enter({ ...against, who: 'pass-through-pooled', memoryMiB: PEER_MEMORY_MIB, pages: 'warm' });
  await enter({
    ...against,
    who: 'pass-through',
    memoryMiB: OUR_MEMORY_MIB,
    pages: 'warm',
    load: { ...entry.load, seconds: HOPELESS_AFTER_SECONDS },
  });
  for (const who of ['ours', 'ours-passing'] as const) {
    for (const pages of ['warm', 'cold'] as const) await enter({ ...against, who, memoryMiB: OUR_MEMORY_MIB, pages });
  }
}

/** Ten times the clients: the pass-through with all the memory it needs, the project's own within its limit. */
async function overload({ bench, requests }: { readonly bench: Bench; readonly requests: number }): Promise<void> {
  const load = { requests, concurrency: MANY_CLIENTS, onwards: true };
  const entry = { bench, scenario: 'overload', cpuMillicores: 500, load } as const;
  await enter({ ...entry, who: 'pass-through', memoryMiB: PEER_MEMORY_MIB, pages: 'warm' });
  for (const pages of ['warm', 'cold'] as const) {
    await enter({ ...entry, who: 'ours', memoryMiB: OUR_MEMORY_MIB, pages });
  }
  await enter({ ...entry, who: 'ours-passing', memoryMiB: OUR_MEMORY_MIB, pages: 'warm' });
}

/** Under load all the while: the upstream is killed after a third, and is there again for the last third. */
async function restart(bench: Bench): Promise<void> {
  const thirdMs = bench.quick ? 2_000 : 5_000;
  const load = { requests: ENOUGH_REQUESTS, concurrency: CLIENTS, seconds: (3 * thirdMs) / 1000, onwards: true };
  const disturb = async (): Promise<void> => {
    await pause(thirdMs);
    await bench.upstream.kill();
    await pause(thirdMs);
    await bench.upstream.restart();
  };
  const entry = { bench, scenario: 'restart', cpuMillicores: 500, pages: 'warm', load, disturb } as const;
  await enter({ ...entry, who: 'pass-through', memoryMiB: PEER_MEMORY_MIB });
  await enter({ ...entry, who: 'ours', memoryMiB: OUR_MEMORY_MIB });
  await enter({ ...entry, who: 'ours-passing', memoryMiB: OUR_MEMORY_MIB });
}

/** Measures one server. A server that does not even start has a row too: it is a result. */
async function enter(input: {
  readonly bench: Bench;
  readonly scenario: Scenario;
  readonly who: Exclude<Who, 'upstream'>;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly pages: Pages;
  readonly load: Load;
  readonly peerPerSecond?: number | null;
  /** What is done to the upstream meanwhile. */
  readonly disturb?: () => Promise<void>;
}): Promise<Row> {
  const { bench, scenario, who, cpuMillicores, memoryMiB, pages, load, disturb } = input;
  const { upstream, contenders } = bench;
  const setting = {
    contender: contenders[who],
    limits: { memoryMiB, cpuMillicores },
    pages,
    upstreamUrl: upstream.url,
  };
  const servedBefore = await upstream.served();
  const { bout, recovered } =
    disturb === undefined
      ? { bout: await measure({ ...setting, load }), recovered: null }
      : await measureDisturbed({ setting, load, disturb });
  const row = rowOf({
    scenario,
    who,
    cpuMillicores,
    memoryMiB,
    pages,
    concurrency: load.concurrency,
    requests: load.requests,
    bout,
    recovered,
    upstreamRequests: disturb === undefined ? (await upstream.served()) - servedBefore : null,
    peerPerSecond: input.peerPerSecond ?? null,
  });
  bench.onRow(row);
  return row;
}

async function measureDisturbed(input: {
  readonly setting: Parameters<typeof startContender>[0];
  readonly load: Load;
  readonly disturb: () => Promise<void>;
}): Promise<{ readonly bout: Bout; readonly recovered: boolean }> {
  const running = await startContender(input.setting);
  try {
    const [bout] = await Promise.all([loadContender({ running, load: input.load }), input.disturb()]);
    const { outcome } = await loadContender({ running, load: AFTERWARDS });
    const report = outcome.ended === 'reported' ? outcome.report : null;
    const recovered = report?.complete === AFTERWARDS.requests && report.notSuccessful === 0 && report.failed === 0;
    return { bout, recovered };
  } finally {
    await running.stop();
  }
}
