// What sub2api.yaml may hold: targets, and the proxy services that they go through.
import { z } from 'zod';
import { dnsLabelSetting, nameSetting, numberSetting, textSetting } from '../profiles/setting.ts';

const nodeSetting = textSetting({
  description:
    "The node that the Job is pinned to, matched in lower case with the node's label kubernetes.io/hostname; on a host target the name that runs are filed under",
  pattern: /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/,
  hint: 'Use 1 to 63 letters, digits, dots and dashes, with a letter or digit at both ends',
});

const proxyServiceName = dnsLabelSetting(
  'The proxy service that the target goes through: a name under `proxyServices`',
);
const namespaceSetting = (description: string) => dnsLabelSetting(description).default('platform-infra');

const addressSetting = textSetting({
  description: 'An IP address',
  pattern:
    /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}|(?=[0-9A-Fa-f:.]{2,45}$)[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)$/,
  hint: 'Give one IPv4 or IPv6 address, as 10.244.0.1; no network, no port',
});

const nodeAddressesSetting = z
  .array(addressSetting)
  .max(32)
  .meta({
    description:
      "Addresses under which the proxy sees the node's own traffic, image pulls above all, beyond those that the cluster tells; `doctor` finds them",
  })
  .optional();

const hostTarget = z.strictObject({
  reach: z.literal('host').meta({ description: 'No cluster: stages run as processes of this machine' }),
  node: nodeSetting,
  proxyService: proxyServiceName,
});

const kubeconfigTarget = z.strictObject({
  reach: z.literal('kubeconfig').meta({ description: 'By a context of the kubeconfig that the worker has' }),
  context: textSetting({
    description:
      'Name of the context; `in-cluster` stands for the service account of the Pod that the worker itself runs in',
    pattern: /^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,252}$/,
    hint: 'Use the name as `kubectl config get-contexts` shows it: letters, digits and ._:@/-, not starting with a dash',
  }),
  node: nodeSetting,
  namespace: namespaceSetting('Namespace of the Job'),
  proxyService: proxyServiceName,
  nodeAddresses: nodeAddressesSetting,
});

const transTarget = z.strictObject({
  reach: z.literal('trans').meta({ description: 'By the bounded remote shell: `trans <route> sh -- …`' }),
  route: textSetting({
    description: 'Route that `trans` knows the machine by',
    pattern: /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    hint: 'Use 1 to 63 letters, digits and ._- with a letter or digit at both ends',
  }),
  node: nodeSetting,
  namespace: namespaceSetting('Namespace of the Job'),
  proxyService: proxyServiceName,
  nodeAddresses: nodeAddressesSetting,
});

/** How one target is reached. */
const targetSchema = z.discriminatedUnion('reach', [hostTarget, kubeconfigTarget, transTarget]);

const httpUrl = (description: string, hint: string) =>
  textSetting({
    description,
    pattern: /^https?:\/\/(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?\/?$/,
    hint,
  });

const secretReference = z
  .union([
    z.strictObject({
      env: textSetting({
        description: "Name of a variable in the worker's environment",
        pattern: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
        hint: 'Give the name of a variable, as SUB2API_CONTROL_SECRET',
      }),
    }),
    z.strictObject({
      file: textSetting({
        description: 'Absolute path of a file that the worker can read',
        pattern: /^\/[^\0\n]{1,1023}$/,
        hint: 'Give an absolute path',
      }),
    }),
  ])
  .meta({
    description: "Where the worker reads the control API's secret; never the secret itself",
    hint: 'Say where to read it, never the secret itself: { env: NAME } or { file: /PATH }',
  });

const noProxyEntry = textSetting({
  description: 'A host, domain suffix, address or network',
  pattern: /^(?:\*|[A-Za-z0-9.*_:[\]/-]{1,253})$/,
  hint: 'Give one host, suffix as .svc, address or network; no spaces or commas',
});

/** The proxy under test and its control API. */
const proxyServiceSchema = z.strictObject({
  namespace: dnsLabelSetting(
    'Namespace of the Service that stands before the proxy; with `port`, instead of `httpUrl`',
  ).optional(),
  port: numberSetting({
    description: "Port of the Service's HTTP proxy; with `namespace`, instead of `httpUrl`",
    unit: 'a TCP port',
    min: 1,
    max: 65_535,
  }).optional(),
  httpUrl: httpUrl(
    'What stages are told to use; `http://<name>.<namespace>.svc.cluster.local:<port>` unless given',
    'Give http://HOST:PORT without credentials or path',
  ).optional(),
  noProxy: z
    .array(noProxyEntry)
    .max(64)
    .meta({
      description:
        'Hosts that stages reach directly. Unless given: loopback, .svc and .cluster.local for a Service, nothing for a proxy on loopback',
    })
    .optional(),
  controlUrl: httpUrl(
    "Base URL of the Clash control API as the proxy's own Pod or machine sees it",
    'Give http://HOST:PORT without credentials or path, as http://127.0.0.1:9090',
  ),
  controlSecret: secretReference.optional(),
});

/** The whole of sub2api.yaml. */
export const targetsFileSchema = z.strictObject({
  targets: z
    .record(nameSetting('Name of a target, given to --targets'), targetSchema)
    .meta({ description: 'The targets, by name' }),
  proxyServices: z
    .record(
      dnsLabelSetting('Name of a proxy service; for a cluster the name of its Kubernetes Service'),
      proxyServiceSchema,
    )
    .meta({ description: 'The proxies under test, by name' }),
});

export type TargetConfig = z.infer<typeof targetSchema>;
export type ProxyServiceConfig = z.infer<typeof proxyServiceSchema>;
