// Run as a program of its own, because the SDK's download cannot be stopped once begun: its parent can be.
// Usage: node sdk-download-child.ts FOLDER VERSION; the downloaded command is then in FOLDER.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [downloadDir, version] = process.argv.slice(2);
if (downloadDir === undefined || version === undefined) throw new TypeError('a folder and a version are needed');

// The SDK downloads only in order to start; what it starts is ended at once.
const environment = await TestWorkflowEnvironment.createLocal({
  server: { ip: '127.0.0.1', executable: { type: 'cached-download', downloadDir, version, ttl: '3650d' } },
});
await environment.teardown();
