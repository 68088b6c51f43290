// First step of every npm script, on any Node >= 20: installs what is missing, then hands over to the project's own Node.
// Usage: node scripts/bootstrap.mjs SCRIPT.ts [ARGUMENT…]; the script's path is relative to the project's folder.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, LEAST_NODE } from './launch/find-node.mjs';
import { handOver } from './launch/hand-over.mjs';
import { install, InstallError, isInstalled } from './launch/install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [script, ...args] = process.argv.slice(2);

try {
  if (script === undefined)
    throw new InstallError('no script was named', 'Usage: node scripts/bootstrap.mjs SCRIPT.ts [ARGUMENT…]');
  if (!isInstalled({ root })) await install({ root });
  const node = findNode({ root });
  if (node === null) {
    throw new InstallError(
      `Node ${LEAST_NODE} or newer is needed: the npm package \`node\` did not bring one, and this is ${process.versions.node}`,
      'npm must be allowed to run install scripts (`npm config get ignore-scripts` should say false): then `npm ci` again; or install a newer Node.',
    );
  }
  handOver({ node, script: join(root, script), args });
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  process.stderr.write(`proxybench: ${error.message}\n  ${error.hint}\n`);
  process.exitCode = 1;
}
