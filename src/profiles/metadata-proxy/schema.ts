// What a profile of the kind `metadata-proxy` may hold.
import { z } from 'zod';
import { NUMBERS } from '../../proxies/metadata-proxy/setting-bounds.ts';
import { MAX_DEADLINE_SECONDS, profileFields } from '../profile-fields.ts';
import { imageSetting, numberSetting, textSetting } from '../setting.ts';

const limitSchema = z.strictObject({
  cpuMillicores: numberSetting({
    description: 'CPU that the proxy may use; as request and limit on a cluster, as a quota of its cgroup on a host',
    unit: 'millicores',
    min: 10,
    max: 64_000,
  }),
  memoryMiB: numberSetting({
    description: 'Memory that the proxy may use, its program and page cache included',
    unit: 'MiB',
    min: 8,
    max: 65_536,
  }),
  requests: numberSetting({
    description: 'Requests of the load; all of them count',
    unit: 'requests',
    min: 1,
    max: 100_000_000,
  }),
  concurrency: numberSetting({
    description: 'Connections that the load has open at one time, each with one request under way',
    unit: 'connections',
    min: 1,
    max: 10_000,
  }),
  deadlineSeconds: numberSetting({
    description: 'Longest time for the load, from its own start',
    unit: 'seconds',
    min: 1,
    max: MAX_DEADLINE_SECONDS,
  }).default(3_600),
});

const metadataProxySchema = z.strictObject({
  image: imageSetting("The project's own image, which has its programs; clusters only").default(
    'proxybench-worker:0.1.0',
  ),
  imagePullDeadlineSeconds: numberSetting({
    description: 'Longest time for the pull of the image; clusters only',
    unit: 'seconds',
    min: 1,
    max: MAX_DEADLINE_SECONDS,
  }).default(900),
  caching: z
    .enum(['on', 'off'])
    .meta({ description: 'Whether the proxy keeps answers and merges equal reads; `off`: each request goes upstream' })
    .default('on'),
  maxConnections: numberSetting({
    description: 'Requests that the proxy works on at one time; more wait for their turn',
    unit: 'requests',
    min: NUMBERS.maxConnections.min,
    max: NUMBERS.maxConnections.max,
  }).default(NUMBERS.maxConnections.fallback),
  path: textSetting({
    description: 'What is asked for',
    pattern: /^\/[\x21-\x7e]{0,500}$/,
    hint: 'Give a path that starts with a slash, without spaces',
  }).default('/computeMetadata/v1/instance/service-accounts/default/token'),
  keepAlive: z
    .boolean()
    .meta({
      description: 'Whether the load uses its connections again; else HTTP/1.0 and a connection for each request',
    })
    .default(false),
  requestTimeoutSeconds: numberSetting({
    description: 'A request without a whole answer within this has failed',
    unit: 'seconds',
    min: 1,
    max: 600,
  }).default(30),
  firstPort: numberSetting({
    description: 'Port of the fake metadata server; the proxies take the ports after it, two each',
    unit: 'a TCP port',
    min: 1_024,
    max: 65_000,
  }).default(18_980),
  limits: z.array(limitSchema).min(1).max(6).meta({
    description: 'One proxy and one load for each, the loads one after another',
    hint: 'List 1 to 6 sets of limits, at most 2 for a cluster',
  }),
  thresholds: z
    .strictObject({
      failedRequests: numberSetting({
        description: 'Most requests of one load that may fail: without a whole answer, or with a status other than 2xx',
        unit: 'requests',
        min: 0,
        max: 100_000_000,
      }).default(0),
      restarts: numberSetting({
        description:
          'Most restarts of a proxy from the first load on; one that was killed for want of memory never passes',
        unit: 'restarts',
        min: 0,
        max: 1_000,
      }).default(0),
    })
    .meta({ description: 'What a run must keep to, beside the memory limits, to pass' })
    .prefault({}),
  resources: z
    .strictObject({
      cpuMillicores: numberSetting({
        description: 'CPU limit of each load',
        unit: 'millicores',
        min: 100,
        max: 64_000,
      }).default(2_000),
      memoryMiB: numberSetting({
        description: 'Memory limit of each load',
        unit: 'MiB',
        min: 64,
        max: 65_536,
      }).default(512),
      diskMiB: numberSetting({
        description: 'Limit of the work volume that all containers share',
        unit: 'MiB',
        min: 16,
        max: 65_536,
      }).default(64),
    })
    .meta({ description: 'Bounds of the Job on a cluster' })
    .prefault({}),
});

/** A whole profile of this kind. */
export const metadataProxyProfileSchema = z.strictObject({
  kind: z.literal('metadata-proxy').meta({ description: "The project's own metadata proxy under load, within limits" }),
  ...profileFields,
  metadataProxy: metadataProxySchema.meta({ description: 'The settings of this kind' }),
});

export type MetadataProxyProfile = z.infer<typeof metadataProxyProfileSchema>;
export type MetadataProxyLimit = MetadataProxyProfile['metadataProxy']['limits'][number];
