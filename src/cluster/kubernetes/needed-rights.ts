// Every right that this program asks of a cluster, verb by verb: `doctor` asks for them, deploy/ grants them, a test compares.

/** Some verbs on one resource. */
export interface NeededRight {
  /** `''` for the core API. */
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
  readonly purpose: string;
}

/** Rights that are granted together. */
export interface RoleOfRights {
  /** Name of the Role, or ClusterRole, in deploy/. */
  readonly name: string;
  /** Where it is written down; null for what only a person's own kubectl needs. */
  readonly file: string | null;
  /** In the namespace of Jobs, in the proxy's, or in none. */
  readonly where: 'jobs' | 'proxy' | 'cluster';
  /** What these rights are for, as in `rights to run Jobs`. */
  readonly what: string;
  /** Whether runs go on without them, and know less. */
  readonly advisory: boolean;
  /** Asked for where kubectl runs on the target's side, by whoever `trans` logs in as. */
  readonly onlyByTrans?: true;
  /** Of no use there. */
  readonly neverByTrans?: true;
  readonly rights: readonly NeededRight[];
}

export const NEEDED_ROLES: readonly RoleOfRights[] = [
  {
    name: 'proxybench-run-jobs',
    file: 'deploy/base/run-jobs.yaml',
    where: 'jobs',
    what: 'to run Jobs',
    advisory: false,
    rights: [
      {
        group: 'batch',
        resource: 'jobs',
        verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
        purpose: 'a run is one Job',
      },
      { group: '', resource: 'configmaps', verbs: ['create', 'patch'], purpose: "the files of a run's stages" },
      {
        group: '',
        resource: 'pods',
        verbs: ['list', 'watch', 'delete'],
        purpose: 'stages are cut by what the kubelet says of the Pod',
      },
      {
        group: '',
        resource: 'pods',
        subresource: 'log',
        verbs: ['get'],
        purpose: 'the last lines of the stage that decided a run',
      },
      { group: '', resource: 'events', verbs: ['list', 'watch'], purpose: 'image pulls are told of nowhere else' },
    ],
  },
  {
    name: 'proxybench-read-proxy',
    file: 'deploy/base/read-proxy.yaml',
    where: 'proxy',
    what: 'to reach the proxy',
    advisory: false,
    rights: [
      { group: '', resource: 'services', verbs: ['get'], purpose: 'what the Service selects' },
      { group: '', resource: 'pods', verbs: ['list'], purpose: 'the ready Pod among those' },
      {
        group: '',
        resource: 'pods',
        subresource: 'portforward',
        verbs: ['get', 'create'],
        purpose: "the way to the control API on that Pod's loopback",
      },
    ],
  },
  {
    name: 'proxybench-kubectl-to-proxy',
    file: null,
    where: 'proxy',
    what: 'of kubectl, to reach the proxy',
    advisory: false,
    onlyByTrans: true,
    rights: [
      {
        group: 'discovery.k8s.io',
        resource: 'endpointslices',
        verbs: ['list'],
        purpose: 'the ready Pod behind the Service',
      },
      { group: '', resource: 'pods', verbs: ['get'], purpose: 'kubectl looks at a Pod before it forwards to it' },
    ],
  },
  {
    name: 'proxybench-node-reader',
    file: 'deploy/components/node-reader/cluster-role.yaml',
    where: 'cluster',
    what: 'to read the node',
    advisory: true,
    rights: [
      {
        group: '',
        resource: 'nodes',
        verbs: ['get'],
        purpose: "the node's addresses, by which its image pulls are told from other clients",
      },
    ],
  },
  {
    name: 'proxybench-program-reader',
    file: 'deploy/components/program-reader/role.yaml',
    where: 'jobs',
    what: 'to read programs under test',
    advisory: true,
    neverByTrans: true,
    rights: [
      {
        group: '',
        resource: 'pods',
        subresource: 'portforward',
        verbs: ['get', 'create'],
        purpose: "the counters that a program under test shows on its Pod's loopback",
      },
    ],
  },
  {
    name: 'proxybench-container-metrics',
    file: 'deploy/components/program-reader/cluster-role.yaml',
    where: 'cluster',
    what: 'to read the memory and CPU of programs under test',
    advisory: true,
    neverByTrans: true,
    rights: [
      {
        group: '',
        resource: 'nodes',
        subresource: 'proxy',
        verbs: ['get'],
        purpose: "the kubelet's own count of peak memory and of CPU periods in which a container was held back",
      },
    ],
  },
];

/** One question of a SelfSubjectAccessReview. */
export interface AskedRight {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

/** The questions behind a role, one for each verb. */
export function askedRights(role: RoleOfRights): readonly AskedRight[] {
  return role.rights.flatMap(({ group, resource, subresource = '', verbs }) =>
    verbs.map((verb) => ({ verb, group, resource, subresource })),
  );
}

/** As kubectl and RBAC write it: `jobs.batch`, `pods/log`. */
export function resourceName(right: Pick<NeededRight, 'group' | 'resource' | 'subresource'>): string {
  const { group, resource, subresource = '' } = right;
  return `${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
}
