import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActivityDeps } from '../../../src/activities/deps.ts';
import { createHandOver } from '../../../src/activities/hand-over.ts';
import { createOpenSampling } from '../../../src/activities/open-sampling.ts';
import { createSample } from '../../../src/activities/sample.ts';
import { createClusters } from '../../../src/cluster/open-cluster.ts';
import { type EgressProxy, startEgressProxy } from '../../../src/proxies/egress/start-egress-proxy.ts';
import { type Plan, referenceOf } from '../../../src/plan/plan.ts';
import { createClashClient } from '../../../src/sampling/clash-client.ts';
import type { SamplerProgress } from '../../../src/sampling/sampler.ts';
import { runCommand } from '../../../src/processes/run-command.ts';
import { GATED_BYTES, type GatedUpstream, startGatedUpstream } from '../../support/gated-upstream.ts';
import { buildPlan } from '../../support/plan-builder.ts';
import { quietActivityEnvironment } from '../../support/quiet-temporal.ts';

const DOWNLOAD = new URL('../../fixtures/stage-download.mjs', import.meta.url).pathname;

let stateDir: string;
let upstream: GatedUpstream;
let proxy: EgressProxy;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'proxybench-sample-'));
  upstream = await startGatedUpstream();
  proxy = await startEgressProxy({ proxyPort: 0, controlPort: 0 });
});
afterEach(async () => {
  await proxy.close();
  await upstream.close();
  await rm(stateDir, { recursive: true, force: true });
});

function deps(): ActivityDeps {
  return {
    stateDir,
    openCluster: createClusters({ stateDir }).open,
    createControlClient: createClashClient,
    readSecret: () => Promise.reject(new Error('no secret is asked for')),
    loadConfig: () => Promise.reject(new Error('no configuration is asked for')),
  };
}

function planned(): Plan {
  const base = buildPlan();
  return {
    ...base,
    proxy: { ...base.proxy, url: proxy.proxyUrl, controlUrl: proxy.controlUrl },
    sampling: { intervalMs: 50 },
  };
}

/** Moves one gated download's bytes through the proxy. */
async function download(name: string): Promise<void> {
  upstream.open(name);
  const env = { http_proxy: proxy.proxyUrl, PATH: process.env['PATH'] ?? '' };
  const { exit } = await runCommand({
    command: [process.execPath, DOWNLOAD, upstream.url(name)],
    env,
    timeoutMs: 20_000,
  });
  expect(exit.code).toBe(0);
}

/** Resolves at the first heartbeat whose details fit. */
function heartbeat(
  env: MockActivityEnvironment,
  fits: (details: SamplerProgress) => boolean,
): Promise<SamplerProgress> {
  return new Promise((resolve) => {
    env.on('heartbeat', (details: SamplerProgress | undefined) => {
      if (details !== undefined && fits(details)) resolve(details);
    });
  });
}

/** Runs an activity as a worker would. */
function as<I, O>(env: MockActivityEnvironment, activity: (input: I) => Promise<O>, input: I): Promise<O> {
  return env.run<[I], O, (input: I) => Promise<O>>(activity, input);
}

describe('the sample activity', () => {
  it('hands over what it has seen when it is cancelled', async () => {
    const run = referenceOf(planned());
    const { baseline } = await as(quietActivityEnvironment(), createOpenSampling(deps()), { run });
    const env = quietActivityEnvironment();
    const sampling = as(env, createSample(deps()), { run, baseline });
    await download('one');
    env.cancel('CANCELLED');
    const series = await sampling;
    expect(series.points.at(-1)?.totalBytes).toBeGreaterThan(GATED_BYTES);
    expect(series.connections).toHaveLength(1);
  });

  it('fails when its worker is shut down, so that the next one goes on from its journal', async () => {
    const run = referenceOf(planned());
    const { baseline } = await as(quietActivityEnvironment(), createOpenSampling(deps()), { run });
    const first = quietActivityEnvironment();
    const interrupted = as(first, createSample(deps()), { run, baseline });
    await download('one');
    first.cancel('WORKER_SHUTDOWN');
    await expect(interrupted).rejects.toThrow('shutting down');

    const second = quietActivityEnvironment({ attempt: 2 });
    const resumed = as(second, createSample(deps()), { run, baseline });
    await download('two');
    second.cancel('CANCELLED');
    const series = await resumed;
    expect(series.connections).toHaveLength(2);
    expect(series.downloadBytes).toBeGreaterThan(2 * GATED_BYTES);
    expect(await readdir(join(stateDir, run.runId))).toHaveLength(2);
  });

  it('leaves a journal that handing over without it makes the same of, a last reading and the gap added', async () => {
    const run = referenceOf(planned());
    const { baseline } = await as(quietActivityEnvironment(), createOpenSampling(deps()), { run });
    const dying = quietActivityEnvironment();
    const died = as(dying, createSample(deps()), { run, baseline });
    await download('one');
    dying.cancel('WORKER_SHUTDOWN');
    await expect(died).rejects.toThrow('shutting down');
    await download('two');
    const series = await as(quietActivityEnvironment(), createHandOver(deps()), { run, baseline });
    expect(series.connections.length).toBeGreaterThanOrEqual(1);
    const { uploadTotalBytes, downloadTotalBytes } = await createClashClient({ url: proxy.controlUrl }).read({
      signal: AbortSignal.timeout(5000),
    });
    expect(series.points.at(-1)?.totalBytes).toBe(uploadTotalBytes + downloadTotalBytes);
  });

  it("counts from the heartbeat where no journal is, so that a proxy's restart in between loses nothing", async () => {
    const run = referenceOf(planned());
    const { baseline } = await as(quietActivityEnvironment(), createOpenSampling(deps()), { run });
    const first = quietActivityEnvironment();
    const interrupted = as(first, createSample(deps()), { run, baseline });
    const seen = heartbeat(first, (details) => details.downloadTotalBytes > GATED_BYTES);
    await download('one');
    const heartbeatDetails = await seen;
    first.cancel('WORKER_SHUTDOWN');
    await expect(interrupted).rejects.toThrow();
    await rm(join(stateDir, run.runId), { recursive: true });
    const ports = {
      proxyPort: Number(new URL(proxy.proxyUrl).port),
      controlPort: Number(new URL(proxy.controlUrl).port),
    };
    await proxy.close();
    proxy = await startEgressProxy(ports);
    await download('two');

    const second = quietActivityEnvironment({ attempt: 2, heartbeatDetails });
    const resumed = as(second, createSample(deps()), { run, baseline });
    second.cancel('CANCELLED');
    const series = await resumed;
    expect(series.downloadBytes).toBeGreaterThan(2 * GATED_BYTES);
    expect(series.restartsAtMs).toHaveLength(1);
  });
});
