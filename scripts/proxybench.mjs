#!/usr/bin/env node
// The `proxybench` command: plain JavaScript, so that an older Node can still find the one that runs the program.
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, LEAST_NODE } from './launch/find-node.mjs';
import { handOver } from './launch/hand-over.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (root.split(sep).includes('node_modules')) {
  fail(
    'proxybench cannot run from inside node_modules: Node runs TypeScript directly everywhere but there',
    'Clone the repository and use `npm link` there, or call scripts/proxybench.mjs by its path.',
  );
} else {
  const node = findNode({ root });
  if (node === null) {
    fail(
      `proxybench needs Node ${LEAST_NODE} or newer; this is ${process.versions.node}`,
      `Run \`npm ci\` in ${root}: it brings one.`,
    );
  } else {
    handOver({ node, script: join(root, 'scripts', 'cli.ts'), args: process.argv.slice(2) });
  }
}

function fail(message, hint) {
  process.stderr.write(`${message}\n  ${hint}\n`);
  process.exitCode = 1;
}
