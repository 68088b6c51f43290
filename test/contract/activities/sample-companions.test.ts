import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ActivityDeps } from '../../../src/activities/deps.ts';
import { createHandOver } from '../../../src/activities/hand-over.ts';
import { createOpenSampling } from '../../../src/activities/open-sampling.ts';
import { createSample } from '../../../src/activities/sample.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { createClusters } from '../../../src/cluster/open-cluster.ts';
import type { CompanionReading } from '../../../src/evidence/companion-model.ts';
import { referenceOf } from '../../../src/plan/plan.ts';
import type { CompanionProgress } from '../../../src/sampling/companion-progress.ts';
import { buildPlan } from '../../support/plan-builder.ts';
import { quietActivityEnvironment } from '../../support/quiet-temporal.ts';
import { buildReading } from '../../support/reading-builder.ts';

const run = referenceOf(buildPlan({ sampling: { intervalMs: 10, source: 'companions' } }));
const baseline = { atMs: 1, uploadBytes: 0, downloadBytes: 0, connections: {} };
let stateDir: string;
/** What there is to read; each round is a second later than the one before. */
let nextMs = 0;
let readings: number;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'proxybench-companions-'));
  [nextMs, readings] = [10_000, 0];
});
afterEach(async () => {
  await rm(stateDir, { recursive: true, force: true });
});

function deps(): ActivityDeps {
  const host = createClusters({ stateDir }).open({ connection: { reach: 'host' } });
  const cluster: Cluster = {
    ...host,
    readCompanions: (): Promise<readonly CompanionReading[]> => {
      readings += 1;
      nextMs += 1_000;
      return Promise.resolve([buildReading({ atMs: nextMs, metrics: { requests_total: readings } })]);
    },
  };
  return {
    stateDir,
    openCluster: () => cluster,
    createControlClient: () => {
      throw new Error('no control API is asked for');
    },
    readSecret: () => Promise.reject(new Error('no secret is asked for')),
    loadConfig: () => Promise.reject(new Error('no configuration is asked for')),
  };
}

function as<I, O>(env: MockActivityEnvironment, activity: (input: I) => Promise<O>, input: I): Promise<O> {
  return env.run<[I], O, (input: I) => Promise<O>>(activity, input);
}

/** Samples until so many rounds were read in all, and then ends as told; with the last heartbeat. */
async function interrupted(input: {
  readonly rounds: number;
  readonly by: 'CANCELLED' | 'WORKER_SHUTDOWN';
  readonly heartbeatDetails?: unknown;
}) {
  const { heartbeatDetails, by, rounds } = input;
  const env = quietActivityEnvironment(heartbeatDetails === undefined ? {} : { attempt: 2, heartbeatDetails });
  let last: CompanionProgress | undefined;
  env.on('heartbeat', (details: CompanionProgress | undefined) => (last = details));
  const sampling = as(env, createSample(deps()), { run, baseline });
  await vi.waitFor(() => expect(readings).toBeGreaterThanOrEqual(rounds), { interval: 5, timeout: 20_000 });
  // A heartbeat goes out once a second.
  await vi.waitFor(() => expect(last?.rounds ?? 0).toBeGreaterThan(0), { timeout: 20_000 });
  env.cancel(by);
  return { sampling, heartbeat: () => last };
}

const timesOf = (companions: readonly CompanionReading[] | undefined) => (companions ?? []).map(({ atMs }) => atMs);

describe('sampling companions', () => {
  it('begins without asking anybody, for nothing is there yet', async () => {
    const opened = await as(quietActivityEnvironment(), createOpenSampling(deps()), { run });
    expect(opened.baseline).toMatchObject({ uploadBytes: 0, downloadBytes: 0, connections: {} });
    expect(readings).toBe(0);
  });

  it('hands over every reading when it is cancelled, a last one taken then', async () => {
    const { sampling } = await interrupted({ rounds: 3, by: 'CANCELLED' });
    const series = await sampling;
    expect(series.points.map(({ atMs, totalBytes }) => [atMs, totalBytes])).toEqual(
      [1, series.companions?.at(-1)?.atMs].map((atMs) => [atMs, 0]),
    );
    expect(series.companions?.[0]?.atMs).toBe(11_000);
    expect(series.companions?.at(-1)?.atMs).toBe(nextMs);
    expect(series.readings.polling).toBe(readings);
    expect(series.gaps).toEqual([]);
  });

  it('goes on where a worker was shut down, on the same machine without its heartbeat', async () => {
    const first = await interrupted({ rounds: 3, by: 'WORKER_SHUTDOWN' });
    await expect(first.sampling).rejects.toThrow('shutting down');
    const before = readings;
    const second = await interrupted({ rounds: before + 2, by: 'CANCELLED' });
    const { companions, readings: counted } = await second.sampling;
    expect(timesOf(companions)[0]).toBe(11_000);
    expect(counted.polling).toBe(readings);
  });

  it('goes on from the heartbeat on a machine that never saw the run', async () => {
    const first = await interrupted({ rounds: 3, by: 'WORKER_SHUTDOWN' });
    await expect(first.sampling).rejects.toThrow();
    await rm(join(stateDir, run.runId), { recursive: true });
    const second = await interrupted({ rounds: readings + 1, by: 'CANCELLED', heartbeatDetails: first.heartbeat() });
    const { companions } = await second.sampling;
    expect(timesOf(companions)[0]).toBe(11_000);
    expect(timesOf(companions).at(-1)).toBe(nextMs);
  });

  it('is handed over by another when its worker died with the message, a last round added', async () => {
    const dying = await interrupted({ rounds: 3, by: 'WORKER_SHUTDOWN' });
    await expect(dying.sampling).rejects.toThrow();
    const before = readings;
    const series = await as(quietActivityEnvironment(), createHandOver(deps()), { run, baseline });
    expect(readings).toBe(before + 1);
    expect(timesOf(series.companions)[0]).toBe(11_000);
    expect(timesOf(series.companions).at(-1)).toBe(nextMs);
  });
});
