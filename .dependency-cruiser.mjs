// Who may import whom: ARCHITECTURE.md as a list that is checked. What is not on it is an error.

/** Importable by anyone at any layer: the words that everything is said in. */
const WORDS = ['errors', 'plan', 'quantities'];

/**
 * `values`: folders below src whose code a folder may run. `types`: folders (or files) it may name in `import type` only.
 * `packages`: what it may use from npm; `*` in node means any of Node's own modules.
 */
const LAYERS = {
  errors: {},
  plan: { types: ['errors'] },
  quantities: {},
  evidence: { values: WORDS },
  profiles: {
    values: [...WORDS, 'evidence', 'load/load-report', 'proxies/metadata-proxy/setting-bounds'],
    types: ['proxies/metadata-proxy/settings'],
    packages: ['zod'],
    node: ['crypto'],
  },
  config: { values: [...WORDS, 'profiles'], packages: ['zod', 'yaml'], node: ['fs/promises', 'path'] },
  processes: { values: ['errors'], node: '*' },
  programs: { values: ['processes'], node: ['path', 'url'] },
  cluster: {
    values: [...WORDS, 'processes', 'programs', 'evidence'],
    packages: ['@kubernetes/client-node', 'ws', 'zod'],
    node: '*',
  },
  sampling: {
    values: ['errors', 'evidence'],
    types: ['activities/contract', 'cluster/cluster'],
    packages: ['ws', 'zod'],
    node: '*',
  },
  load: { values: ['errors'], node: '*' },
  proxies: { values: ['errors'], packages: ['proxy-chain', 'ws'], node: '*' },
  'proxies/metadata-proxy/settings-schema': { values: ['profiles/setting'], packages: ['zod'] },
  'proxies/metadata-proxy/rules-schema': { values: ['profiles/setting'], packages: ['zod'] },
  'proxies/metadata-proxy/read-rules': { values: ['config/read-yaml-file', 'config/schema-problems'] },
  activities: {
    values: [...WORDS, 'evidence', 'profiles', 'config', 'cluster', 'sampling'],
    packages: ['@temporalio/activity', '@temporalio/common'],
    node: ['crypto', 'path'],
  },
  workflows: {
    values: [...WORDS, 'evidence', 'profiles/judges', 'temporal/names', 'temporal/search-attribute-keys'],
    types: ['activities/contract'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  temporal: {
    values: [...WORDS, 'evidence', 'processes', 'workflows/messages'],
    types: ['workflows', 'activities/contract'],
    packages: ['@temporalio/client', '@temporalio/common', '@temporalio/testing'],
    node: '*',
  },
  reports: {
    values: [...WORDS, 'evidence'],
    types: ['workflows/messages', 'activities/contract', 'profiles', 'temporal', 'load/load-report'],
    node: ['util'],
  },
  cli: {
    values: [
      ...WORDS,
      'evidence',
      'config',
      'profiles',
      'temporal',
      'reports',
      'processes',
      'load',
      'proxies/egress',
      'proxies/metadata-proxy',
      'programs',
      'worker',
    ],
    types: ['workflows', 'activities/contract'],
    packages: ['@commander-js/extra-typings', 'commander', 'yaml'],
    node: '*',
  },
  worker: {
    values: [...WORDS, 'activities', 'cluster', 'sampling', 'config', 'temporal'],
    packages: ['@temporalio/worker'],
    node: ['path', 'url'],
  },
};

/** Only here: whoever else wants one of these asks the folder that has it. */
const SOLE_OWNERS = [
  { name: 'only-processes-spawns', owner: '^(src/processes/|scripts/|test/|bench/)', what: '^(node:)?child_process$' },
  {
    name: 'only-temporal-connects',
    owner: '^(src/temporal/|src/worker\\.ts|scripts/bundle-workflows\\.ts|test/|bench/)',
    what: 'node_modules/@temporalio/(client|worker|testing)/',
  },
  {
    name: 'only-cluster-speaks-kubernetes',
    owner: '^(src/cluster/|test/|bench/)',
    what: 'node_modules/@kubernetes/client-node/',
  },
];

/** A folder, or a file named without its ending: `worker` is src/worker.ts, `cli` is everything below src/cli. */
function below(name) {
  return `^src/${name}(/|\\.ts$)`;
}

function packagePath(name) {
  return `node_modules/${name}/`;
}

const layered = Object.entries(LAYERS).flatMap(([layer, { values = [], types = [], packages = [], node = [] }]) => {
  const from = { path: below(layer) };
  return [
    { from, to: { path: [below(layer), ...values.map(below)] } },
    ...(types.length === 0 ? [] : [{ from, to: { path: types.map(below), dependencyTypes: ['type-only'] } }]),
    ...(packages.length === 0 ? [] : [{ from, to: { path: packages.map(packagePath) } }]),
    ...(node === '*' ? [{ from, to: { dependencyTypes: ['core'] } }] : []),
    ...(Array.isArray(node) && node.length > 0
      ? [{ from, to: { path: `^(node:)?(${node.join('|')})$`, dependencyTypes: ['core'] } }]
      : []),
  ];
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  allowed: [...layered, { from: { path: '^(scripts|test|bench)/|^[^/]+\\.config\\.[jt]s$' }, to: {} }],
  allowedSeverity: 'error',
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'lean-proxy',
      comment: 'It has to fit 25 MiB: files of rules are read by whoever starts it.',
      severity: 'error',
      from: { path: below('proxies/metadata-proxy'), pathNot: '/(read-rules|rules-schema|settings-schema)\\.ts$' },
      to: {
        path: '(^src/proxies/metadata-proxy/(read-rules|rules-schema|settings-schema)\\.ts|/node_modules/|^node_modules/)',
      },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'product-without-tests',
      comment: 'What ships knows nothing of tests, benches and scripts.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    ...SOLE_OWNERS.map(({ name, owner, what }) => ({
      name,
      severity: 'error',
      from: { pathNot: owner },
      to: { path: what, dependencyTypesNot: ['type-only'] },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    exoticRequireStrings: [],
  },
};
