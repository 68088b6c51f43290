// What the cluster starts with: the resolver's rights, the namespace, and the egress proxy as Deployment and Service.
import { CONTROL_PORT, CONTROL_SECRET, NAMESPACE, PROXY_ADDRESS, PROXY_PORT, PROXY_SERVICE } from './layout.ts';
import { SING_BOX_IMAGE } from './images/small-images.ts';

const LABELS = { app: PROXY_SERVICE };
const CONFIG = `${PROXY_SERVICE}-config`;

/** All but the control API, whose secret is no part of a ConfigMap. */
const SING_BOX_CONFIG = {
  log: { level: 'info', timestamp: true },
  dns: { servers: [{ type: 'local', tag: 'local' }] },
  inbounds: [{ type: 'mixed', tag: 'in', listen: '0.0.0.0', listen_port: PROXY_PORT }],
  outbounds: [{ type: 'direct', tag: 'direct' }],
  route: { default_domain_resolver: 'local' },
};

/** sing-box merges its configuration files; this one is made from the Secret when the container starts. */
const START = `umask 077
printf '{"experimental":{"clash_api":{"external_controller":"127.0.0.1:${CONTROL_PORT}","secret":"%s"}}}' "$CONTROL_SECRET" > /tmp/control.json
unset CONTROL_SECRET
exec sing-box --disable-color run -c /etc/sing-box/config.json -c /tmp/control.json`;

/** As one List for `kubectl apply`. */
export function initialObjects(input: { readonly controlSecret: string }): unknown {
  const items = [...resolverRights(), ...proxy(input)];
  return { apiVersion: 'v1', kind: 'List', items };
}

function resolverRights(): readonly unknown[] {
  const name = 'proxybench-test-coredns';
  const rules = [
    { apiGroups: [''], resources: ['services', 'pods', 'namespaces', 'endpoints'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ];
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'coredns' }];
  const roleRef = { kind: 'ClusterRole', apiGroup: 'rbac.authorization.k8s.io', name };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    { apiVersion, kind: 'ClusterRole', metadata: { name }, rules },
    { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, subjects, roleRef },
  ];
}

function proxy(input: { readonly controlSecret: string }): readonly unknown[] {
  const inNamespace = (name: string): unknown => ({ name, namespace: NAMESPACE, labels: LABELS });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: inNamespace(CONTROL_SECRET),
      stringData: { secret: input.controlSecret },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: inNamespace(CONFIG),
      data: { 'config.json': JSON.stringify(SING_BOX_CONFIG, undefined, 2) },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: inNamespace(PROXY_SERVICE),
      spec: {
        clusterIP: PROXY_ADDRESS,
        selector: LABELS,
        ports: [{ name: 'proxy', port: PROXY_PORT, targetPort: PROXY_PORT }],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: inNamespace(PROXY_SERVICE),
      spec: {
        replicas: 1,
        selector: { matchLabels: LABELS },
        template: { metadata: { labels: LABELS }, spec: proxyPod() },
      },
    },
  ];
}

function proxyPod(): unknown {
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 2,
    volumes: [
      { name: 'config', configMap: { name: CONFIG } },
      { name: 'tmp', emptyDir: { medium: 'Memory' } },
    ],
    containers: [
      {
        name: 'sing-box',
        image: SING_BOX_IMAGE,
        // It can only be imported: pulls go through this very Pod.
        imagePullPolicy: 'Never',
        command: ['/bin/sh', '-euc', START],
        env: [{ name: 'CONTROL_SECRET', valueFrom: { secretKeyRef: { name: CONTROL_SECRET, key: 'secret' } } }],
        ports: [{ name: 'proxy', containerPort: PROXY_PORT }],
        volumeMounts: [
          { name: 'config', mountPath: '/etc/sing-box' },
          { name: 'tmp', mountPath: '/tmp' },
        ],
        // Asked until the first yes only: later questions would be lines in the log that count as connections.
        startupProbe: { tcpSocket: { port: PROXY_PORT }, periodSeconds: 1, failureThreshold: 60 },
      },
    ],
  };
}
