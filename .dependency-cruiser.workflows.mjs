// What the workflow bundle would carry: types gone, every import followed. It must need neither Node nor a parser.

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'workflows-are-replayable',
      comment: 'A workflow is replayed from its history, so nothing it reaches may ask the machine for anything.',
      severity: 'error',
      from: { path: '^src/workflows/' },
      to: { path: '^(node:)?[a-z_/]+$|node_modules/(zod|yaml|ws|@kubernetes)/', pathNot: '^src/', reachable: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: false,
  },
};
