import { describe, expect, test } from 'vitest';
import { cutEvidence } from '../../../src/evidence/attribute.ts';
import type { KnownClients } from '../../../src/evidence/evidence.ts';
import type { ObservedConnection, SampleSeries } from '../../../src/evidence/sample-series.ts';
import type { Transition } from '../../../src/evidence/transition.ts';
import { planTransfer } from '../../../src/profiles/transfer-plan.ts';
import { type TransferSeen, transferChecks } from '../../../src/workflows/transfer-checks.ts';

const IMAGE = 'docker.io/library/node:22-bookworm';
const POD = '10.244.0.7';
const NODE = '198.51.100.10';
const BRIDGE = '10.244.0.1';
const BYTES = 11_000_000;

const plan = planTransfer({
  target: { name: 'D601', node: 'd601', namespace: 'bench', connection: { reach: 'trans', route: 'D601' } },
  proxy: {
    service: 'egress',
    namespace: 'bench',
    url: 'http://egress.bench.svc:7890',
    noProxy: '',
    controlUrl: 'http://127.0.0.1:9090',
  },
  runId: 'r1',
  image: IMAGE,
  resources: { cpuMillicores: 1, memoryMiB: 1, diskMiB: 1 },
});
const clients: KnownClients = { pod: [POD], node: [NODE] };
const LAST_WORDS = [`{"stage":"transfer","bytes":${BYTES},"freeKib":2048}`];

/** A pull from 10 s to 12 s, a download from 13 s to 15 s. */
const transitions: readonly Transition[] = [
  { stage: 'image-pull', phase: 'started', atMs: 10_000, image: IMAGE },
  {
    stage: 'image-pull',
    phase: 'finished',
    atMs: 12_000,
    image: IMAGE,
    pull: { mode: 'pulled', durationMs: 1_900, durationWithQueueMs: 2_000, sizeBytes: 5_000_000 },
  },
  { stage: 'transfer', phase: 'started', atMs: 13_000 },
  { stage: 'transfer', phase: 'finished', atMs: 15_000, exitCode: 0 },
  { stage: null, phase: 'finished', atMs: 15_000 },
];

function connection(client: string, startMs: number, downloadBytes: number): ObservedConnection {
  return {
    client,
    destination: client === POD ? 'packages.example:443' : 'images.example:443',
    startMs,
    uploadBytes: 0,
    downloadBytes,
  };
}

function seen(connections: readonly ObservedConnection[], changes: Partial<TransferSeen> = {}): TransferSeen {
  const totalBytes = connections.reduce((sum, { downloadBytes }) => sum + downloadBytes, 0);
  const series: SampleSeries = {
    intervalMs: 100,
    points: [
      { atMs: 9_000, totalBytes: 0, unexplainedBytes: 0 },
      { atMs: 16_000, totalBytes, unexplainedBytes: 0 },
    ],
    connections,
    gaps: [],
    restartsAtMs: [],
    readings: { stream: 2, polling: 0 },
    uploadBytes: 0,
    downloadBytes: totalBytes,
  };
  return {
    plan,
    ending: { by: 'job', succeeded: true },
    evidence: cutEvidence({ plan, series, transitions, endedAtMs: 16_000, clients }),
    connections,
    clients,
    logLines: LAST_WORDS,
    problems: [],
    diskBytes: 1_048_576,
    ...changes,
  };
}

const PULL = "the container runtime's pulls go through the proxy";
const TRANSFER = "a known transfer is the Pod's at the proxy";

function check(name: string, given: TransferSeen) {
  return transferChecks(given).find((each) => each.name === name);
}

test('a pull by the node and a download by the Pod, with room on the disk, are all well', () => {
  const given = seen([connection(NODE, 10_500, 4_000_000), connection(POD, 13_500, BYTES + 90_000)]);
  expect(transferChecks(given).filter(({ ok }) => !ok)).toEqual([]);
  expect(transferChecks(given).map(({ name }) => name)).toEqual([
    'a Job runs and ends well',
    PULL,
    'the kubelet tells of pulls',
    TRANSFER,
    'free disk on the node',
    'nobody else is using the proxy',
  ]);
  expect(check(TRANSFER, given)?.detail).toContain('(+0.8%)');
});

describe('an image pull', () => {
  test('that came from an address nobody knew names it, and no other client, as the line for the configuration', () => {
    const other = { ...connection('10.244.0.99', 10_600, 100_000), destination: 'elsewhere.example:443' };
    const given = seen([connection(BRIDGE, 10_500, 4_000_000), other, connection(POD, 13_500, BYTES)]);
    expect(check(PULL, given)).toMatchObject({ ok: false });
    expect(check(PULL, given)?.hint).toContain('under targets.D601 in sub2api.yaml: nodeAddresses: [10.244.0.1]');
  });

  test('of which the proxy saw nothing was sent past it', () => {
    const given = seen([connection(POD, 13_500, BYTES)]);
    expect(check(PULL, given)).toMatchObject({
      ok: false,
      detail: 'the proxy saw nothing of the pull: it was bypassed',
    });
    expect(check(PULL, given)?.hint).toContain(
      'Give containerd HTTP_PROXY and HTTPS_PROXY=http://egress.bench.svc:7890',
    );
  });

  test('of an image that was there accuses nobody', () => {
    const given = seen([connection(POD, 13_500, BYTES)]);
    const images = (given.evidence.images ?? []).map((row) => ({ ...row, durationMs: 140 }));
    expect(check(PULL, { ...given, evidence: { ...given.evidence, images } })).toMatchObject({
      ok: false,
      advisory: true,
    });
  });
});

describe('a known transfer', () => {
  test.each([
    { seenBytes: BYTES, ok: true },
    { seenBytes: BYTES * 1.1, ok: true },
    { seenBytes: BYTES * 1.1 + 1, ok: false },
    { seenBytes: BYTES - 1, ok: false },
  ])('of which the proxy counts $seenBytes for the Pod is well: $ok', ({ seenBytes, ok }) => {
    expect(check(TRANSFER, seen([connection(POD, 13_500, seenBytes)]))?.ok).toBe(ok);
  });

  test('that the proxy counts for another address tells that Pods are hidden from it', () => {
    const found = check(TRANSFER, seen([connection('192.0.2.1', 13_500, BYTES)]));
    expect(found?.detail).toContain('the proxy saw 10.5 MiB from 192.0.2.1: Pods reach it under another address');
    expect(found?.hint).toContain("Let the proxy see Pods' own addresses");
  });

  test('that the proxy never saw went another way', () => {
    const found = check(TRANSFER, seen([]));
    expect(found?.detail).toContain('it goes another way');
    expect(found?.hint).toContain('noProxy of proxyServices.egress');
  });

  test('whose last bytes no reading saw is seen in part, and no fault', () => {
    const given = seen([connection(POD, 13_500, BYTES - 500_000)]);
    const stages = given.evidence.stages.map((stage) => ({ ...stage, unattributedBytes: 600_000 }));
    const found = check(TRANSFER, { ...given, evidence: { ...given.evidence, stages } });
    expect(found).toMatchObject({ ok: false, advisory: true });
    expect(found?.detail).toContain("10.0 MiB seen as the Pod's, the rest by total alone");
  });

  test('of a file too small to judge by asks for a larger one', () => {
    const given = seen([connection(POD, 13_500, 5_000)], {
      logLines: ['{"stage":"transfer","bytes":4000,"freeKib":2048}'],
    });
    expect(check(TRANSFER, given)?.hint).toContain('--transfer-url URL');
  });

  test('whose Pod said something else shows what', () => {
    const given = seen([connection(POD, 13_500, BYTES)], { logLines: ['sh: awk: not found'] });
    expect(check(TRANSFER, given)?.detail).toContain('sh: awk: not found');
  });
});

test('a disk with less room than a Job may fill is told', () => {
  const given = seen([connection(POD, 13_500, BYTES)], { diskBytes: 3_000_000 });
  expect(check('free disk on the node', given)).toMatchObject({
    ok: false,
    detail: '2.0 MiB free where Pods write; a Job may write 2.9 MiB',
  });
});

test('a Job that failed is told by its stage, its reason and its last words, and nothing is concluded from it', () => {
  const failed: readonly Transition[] = [
    ...transitions.slice(0, 3),
    { stage: 'transfer', phase: 'failed', atMs: 15_000, exitCode: 1, reason: 'exit code 1' },
  ];
  const given = seen([]);
  const evidence = cutEvidence({ plan, series: emptySeries(), transitions: failed, endedAtMs: 16_000, clients });
  const checks = transferChecks({
    ...given,
    evidence,
    ending: { by: 'job', succeeded: false },
    logLines: ['npm error code E403'],
  });
  expect(checks.map(({ name }) => name)).not.toContain(TRANSFER);
  expect(checks[0]).toMatchObject({ ok: false, detail: 'transfer failed: exit code 1: npm error code E403' });
  expect(checks[0]?.hint).toContain('See that Pods get through http://egress.bench.svc:7890');
});

test('what is left behind is a finding, with the command that removes it', () => {
  const checks = transferChecks(seen([connection(POD, 13_500, BYTES)], { problems: ['left over: Pod bench/x'] }));
  expect(checks.at(-1)).toMatchObject({ ok: false, detail: 'left over: Pod bench/x' });
  expect(checks.at(-1)?.hint).toContain(`kubectl -n bench delete job ${plan.jobName}`);
});

function emptySeries(): SampleSeries {
  return {
    intervalMs: 100,
    points: [{ atMs: 9_000, totalBytes: 0, unexplainedBytes: 0 }],
    connections: [],
    gaps: [],
    restartsAtMs: [],
    readings: { stream: 1, polling: 0 },
    uploadBytes: 0,
    downloadBytes: 0,
  };
}
