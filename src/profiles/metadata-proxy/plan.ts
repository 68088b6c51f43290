// Profile × target → Plan: a fake metadata server and a proxy for each set of limits beside one load after another.
import { REPORT_FILE } from '../../plan/plan.ts';
import type { Companion, Plan, Stage } from '../../plan/plan.ts';
import { formatCount } from '../../quantities/quantities.ts';
import { makePlan } from '../make-plan.ts';
import type { PlanInput } from '../profile-kind.ts';
import { renderObjects } from '../job.ts';
import { UPSTREAM_NAME, limitNames, loadName, proxyName } from './names.ts';
import { proxyPorts, upstreamPort } from './ports.ts';
import { openHost, proxySettings } from './proxy-settings.ts';
import type { MetadataProxyLimit, MetadataProxyProfile } from './schema.ts';

const MS_PER_SECOND = 1_000;
const SETTINGS_FILE = 'settings.json';

/** A kubelet looks at its containers every 10 to 15 s and as much again by chance, and forgets them with their Pod. */
const LAST_LOOK_SECONDS = 35;

/** The Plan of one run. The profile must suit the target; `renderPlan` sees to that. */
export function planMetadataProxy(input: PlanInput<MetadataProxyProfile>): Plan {
  const { thresholds, resources } = input.profile.metadataProxy;
  return makePlan(input, {
    companions: plannedCompanions(input),
    stages: plannedStages(input),
    source: 'companions',
    thresholds: { payloadBytes: 0, ...thresholds },
    render: (plan) => renderObjects({ plan, resources }),
  });
}

function plannedCompanions(input: PlanInput<MetadataProxyProfile>): readonly Companion[] {
  const { metadataProxy: settings } = input.profile;
  const port = upstreamPort(settings);
  const common = { image: imageOf(input), env: [] };
  const onHost = common.image === null;
  return [
    {
      ...common,
      name: UPSTREAM_NAME,
      command: ['proxybench-metadata-upstream', `${openHost({ onHost })}:${port}`],
      files: {},
      ready: { port, path: '/healthz' },
    },
    ...limitNames(settings.limits).map((name, index): Companion => {
      const { cpuMillicores, memoryMiB } = limitAt(settings.limits, index);
      const { metrics } = proxyPorts({ ...settings, index });
      return {
        ...common,
        name: proxyName(name),
        command: ['proxybench-metadata-proxy', '--settings', SETTINGS_FILE],
        files: { [SETTINGS_FILE]: `${JSON.stringify(proxySettings({ settings, index, onHost }), null, 2)}\n` },
        limits: { memoryMiB, cpuMillicores },
        ready: { port: metrics, path: '/healthz' },
        metrics: { port: metrics, path: '/metrics' },
      };
    }),
  ];
}

function plannedStages(input: PlanInput<MetadataProxyProfile>): readonly Stage[] {
  const { metadataProxy: settings } = input.profile;
  const image = imageOf(input);
  const loads = limitNames(settings.limits).map((name, index) => plannedLoad({ input, name, index }));
  if (image === null) return loads;
  const imagePull: Stage = {
    ...BARE_STAGE,
    name: 'image-pull',
    kind: 'image-pull',
    failureFamily: 'image-pull',
    deadlineMs: settings.imagePullDeadlineSeconds * MS_PER_SECOND,
    images: [image],
    command: [],
  };
  const lastLook: Stage = {
    ...BARE_STAGE,
    name: 'last-look',
    kind: 'container',
    failureFamily: 'infrastructure',
    deadlineMs: 4 * LAST_LOOK_SECONDS * MS_PER_SECOND,
    images: [image],
    command: ['sleep', String(LAST_LOOK_SECONDS)],
    note: 'waits until the kubelet has looked at the proxies after the last load',
  };
  return [imagePull, ...loads, lastLook];
}

function plannedLoad(given: {
  readonly input: PlanInput<MetadataProxyProfile>;
  readonly name: string;
  readonly index: number;
}): Stage {
  const { input, name, index } = given;
  const { metadataProxy: settings } = input.profile;
  const { requests, concurrency, deadlineSeconds } = limitAt(settings.limits, index);
  const image = imageOf(input);
  const { listen } = proxyPorts({ ...settings, index });
  const url = `http://127.0.0.1:${listen}${settings.path}`;
  return {
    ...BARE_STAGE,
    name: loadName(name),
    kind: 'container',
    failureFamily: 'infrastructure',
    deadlineMs: deadlineSeconds * MS_PER_SECOND,
    images: image === null ? [] : [image],
    command: [
      ...['proxybench-load', url],
      ...['--requests', String(requests)],
      ...['--connections', String(concurrency)],
      settings.keepAlive ? '--keep-alive' : '--http10',
      ...['--header', 'Metadata-Flavor: Google'],
      ...['--timeout', `${settings.requestTimeoutSeconds}s`],
      ...['--report-file', REPORT_FILE],
      // Failed requests are for the judge, who has a threshold for them; every other end of a load fails its stage.
      '--exit-zero-on-failures',
    ],
    load: { requests, connections: concurrency, url },
    note: `${formatCount(requests)} requests, ${formatCount(concurrency)} at a time, to :${listen}`,
  };
}

const BARE_STAGE = {
  // Nothing here is to go through the target's egress proxy, and nobody reads what does.
  needsProxyTraffic: false,
  env: [],
  files: {},
  tools: [],
  serveThisClone: false,
} as const;

/** What every container runs; null on a host target. */
function imageOf({ profile, target }: PlanInput<MetadataProxyProfile>): string | null {
  return target.connection.reach === 'host' ? null : profile.metadataProxy.image;
}

function limitAt(limits: readonly MetadataProxyLimit[], index: number): MetadataProxyLimit {
  const limit = limits[index];
  if (limit === undefined) throw new RangeError(`there are no limits ${index}`);
  return limit;
}
