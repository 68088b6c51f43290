// Bundles the workflows into one file, for images: a worker that is given it (--workflow-bundle) starts without webpack.
// Usage: bundle-workflows.ts FILE
import { writeFileSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { WORKFLOWS_PATH } from '../src/worker.ts';

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: bundle-workflows.ts FILE\n');
  process.exitCode = 2;
} else {
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger: new DefaultLogger('WARN') });
  writeFileSync(file, code);
  process.stderr.write(`${file}: ${Math.round(code.length / 1024)} KiB\n`);
}
