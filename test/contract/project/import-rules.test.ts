import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface CruiseOutput {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** Lays the files into a project of their own and lists what the rules say: `rule: from → to`, sorted. */
async function violationsIn(input: {
  readonly files: Readonly<Record<string, string>>;
  readonly config: string;
  readonly folders: readonly string[];
}): Promise<readonly string[]> {
  const project = temporaryDirectory('rules');
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  for (const [path, content] of Object.entries({
    'tsconfig.json':
      '{"compilerOptions":{"module":"nodenext","allowImportingTsExtensions":true,"noEmit":true,"verbatimModuleSyntax":true}}',
    'package.json': '{"type":"module"}',
    ...input.files,
  })) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), content);
  }
  const command = [
    join(root, 'node_modules/.bin/depcruise'),
    '--config',
    join(root, input.config),
    '--output-type',
    'json',
    ...input.folders,
  ];
  // The exit code is the number of violations, which is what this is about.
  const stdout = await new Promise<string>((resolve) => {
    execFile(process.execPath, command, { cwd: project, maxBuffer: 64 * 1024 * 1024 }, (_error, out) => resolve(out));
  });
  const { summary } = JSON.parse(stdout) as CruiseOutput;
  return summary.violations
    .map(({ rule, from, to }) => `${rule.name}: ${from} → ${to.replace(/^.*node_modules\//, '')}`)
    .sort();
}

const constant = 'export const x = 1;\n';
const type = 'export interface T {}\n';
const value = (path: string): string => `import { x } from '${path}';\nexport const y = x;\n`;
const typeOnly = (path: string): string => `import type { T } from '${path}';\nexport type U = T;\n`;

test('what each folder needs is allowed', async () => {
  const files = {
    'src/errors/errors.ts': constant,
    'src/plan/plan.ts': type,
    'src/evidence/evidence.ts': typeOnly('../plan/plan.ts') + constant,
    'src/processes/start.ts': "import { spawn } from 'node:child_process';\nexport const x = spawn;\n",
    'src/cluster/host.ts': value('../processes/start.ts'),
    'src/activities/contract.ts': typeOnly('../plan/plan.ts') + type,
    'src/workflows/messages.ts':
      typeOnly('../activities/contract.ts') + "export { defineQuery as x } from '@temporalio/workflow';\n",
    'src/temporal/runs.ts': value('../workflows/messages.ts') + "export { Client } from '@temporalio/client';\n",
    'src/cli/main.ts': value('../temporal/runs.ts'),
    'scripts/cli.ts': value('../src/cli/main.ts'),
  };
  expect(await violationsIn({ files, config: '.dependency-cruiser.mjs', folders: ['src', 'scripts'] })).toEqual([]);
});

test('each forbidden edge is refused, and nothing else is', async () => {
  const files = {
    'src/errors/errors.ts': constant,
    'src/errors/looks-up.ts': value('../plan/plan.ts'),
    'src/plan/plan.ts': constant,
    'src/evidence/evidence.ts': constant + type,
    'src/evidence/reads-files.ts': "export { readFileSync } from 'node:fs';\n",
    'src/activities/contract.ts': constant + type,
    'src/sampling/sampler.ts': value('../activities/contract.ts'),
    'src/cluster/spawns.ts': "export { spawn } from 'node:child_process';\n",
    'src/workflows/parses.ts': "export { z } from 'zod';\n",
    'src/workflows/acts.ts': value('../activities/contract.ts'),
    'src/cli/connects.ts': "export { Connection } from '@temporalio/client';\n",
    'src/cli/kubernetes.ts': "export { KubeConfig } from '@kubernetes/client-node';\n",
    'src/proxies/first.ts': value('./second.ts') + constant,
    'src/proxies/second.ts': value('./first.ts') + constant,
    'src/reports/tests.ts': value('../../test/support/thing.ts'),
    'src/newcomer/thing.ts': value('../errors/errors.ts'),
    'src/worker.ts': value('./nowhere.ts'),
    'test/support/thing.ts': constant,
  };
  expect(await violationsIn({ files, config: '.dependency-cruiser.mjs', folders: ['src', 'test'] })).toEqual([
    'no-cycles: src/proxies/first.ts → src/proxies/second.ts',
    'not-in-allowed: src/cli/connects.ts → @temporalio/client/lib/index.js',
    'not-in-allowed: src/cli/kubernetes.ts → @kubernetes/client-node/dist/index.js',
    'not-in-allowed: src/errors/looks-up.ts → src/plan/plan.ts',
    'not-in-allowed: src/evidence/reads-files.ts → fs',
    'not-in-allowed: src/newcomer/thing.ts → src/errors/errors.ts',
    'not-in-allowed: src/reports/tests.ts → test/support/thing.ts',
    'not-in-allowed: src/sampling/sampler.ts → src/activities/contract.ts',
    'not-in-allowed: src/worker.ts → ./nowhere.ts',
    'not-in-allowed: src/workflows/acts.ts → src/activities/contract.ts',
    'not-in-allowed: src/workflows/parses.ts → zod/index.cjs',
    'only-cluster-speaks-kubernetes: src/cli/kubernetes.ts → @kubernetes/client-node/dist/index.js',
    'only-processes-spawns: src/cluster/spawns.ts → child_process',
    'only-temporal-connects: src/cli/connects.ts → @temporalio/client/lib/index.js',
    'product-without-tests: src/reports/tests.ts → test/support/thing.ts',
    'resolvable: src/worker.ts → ./nowhere.ts',
  ]);
});

test('a workflow may not reach Node or a parser through any number of files, and types do not count', async () => {
  const files = {
    'src/workflows/run.ts': value('../evidence/cut.ts') + typeOnly('../activities/contract.ts'),
    'src/evidence/cut.ts': value('./digest.ts'),
    'src/evidence/digest.ts':
      "import { createHash } from 'node:crypto';\nimport { parse } from 'yaml';\nexport const x = [createHash, parse];\n",
    'src/activities/contract.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n" + type,
  };
  expect(
    await violationsIn({ files, config: '.dependency-cruiser.workflows.mjs', folders: ['src/workflows'] }),
  ).toEqual([
    'workflows-are-replayable: src/workflows/run.ts → crypto',
    'workflows-are-replayable: src/workflows/run.ts → yaml/dist/index.js',
  ]);
});
