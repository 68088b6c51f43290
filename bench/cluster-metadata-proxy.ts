// The metadata proxy within its limits on the test cluster's node: a shipped profile, every claim checked.
//   npm run bench:cluster-metadata-proxy [-- --profile metadata-proxy-small] [-- --output json]
// Needs the test cluster (npm run cluster -- up) and a machine at rest; builds and pushes the project's own image first.
// Exit code 1 when a claim does not hold.
import type { ResultDocument } from '../src/evidence/result-document.ts';
import { runWorkflowId } from '../src/temporal/names.ts';
import { KUBE } from '../test/support/cluster-config.ts';
import { startClusterStack } from '../test/support/cluster-stack.ts';
import { brokenMetadataClaims } from '../test/support/metadata-proxy-claims.ts';
import { pushShippedImage } from '../test/support/shipped-image.ts';
import { readArguments } from './read-arguments.ts';

const { values } = readArguments({
  bench: import.meta.url,
  options: {
    profile: { type: 'string', default: 'metadata-proxy-25mi' },
    output: { type: 'string', default: 'table' },
  },
});
const TIMEOUT_MS = 20 * 60_000;

const onLine = (line: string): boolean => process.stderr.write(`${line}\n`);
const stack = await startClusterStack();
try {
  await pushShippedImage({ onLine });
  const words = ['run', '--targets', KUBE, '--profile', values.profile, '--confirm', '--wait'];
  const { output } = await stack.cli(words, { timeoutMs: TIMEOUT_MS, onLine });
  const runId = /run (\S+), read from/.exec(output)?.[1];
  if (runId === undefined) throw new Error(`no run was started:\n${output}`);
  const result = (await stack.client.workflow.getHandle(runWorkflowId(runId)).result()) as ResultDocument;
  const broken = brokenMetadataClaims(result);
  process.stdout.write(
    values.output === 'json'
      ? `${JSON.stringify({ result, broken }, undefined, 2)}\n`
      : `${output}\n${broken.length === 0 ? 'every claim holds' : broken.map((each) => `does not hold: ${each}`).join('\n')}\n`,
  );
  if (broken.length > 0) process.exitCode = 1;
} finally {
  await stack.stop();
}
