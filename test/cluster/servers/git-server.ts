// Program: stands for https://github.com inside the cluster; serves every repository below a directory for reading.
// Usage: git-server.ts HOST PORT REPOSITORIES KEY_FILE CERTIFICATE_FILE FAULT_FILE
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { startGitHttpServer } from '../../../src/cluster/host/git-http-server.ts';
import { misbehavingFront, noteToOutput } from './misbehaving-front.ts';
import type { Onward } from './misbehaving-front.ts';

const [host = '', port = '', root = '', keyFile = '', certificateFile = '', faultFile = ''] = process.argv.slice(2);
const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: root, GIT_CONFIG_NOSYSTEM: '1' };

/** `/git/git.git` to the URL of the server behind. */
const servers = new Map<string, URL>();
for (const owner of readdirSync(root)) {
  for (const name of readdirSync(join(root, owner))) {
    const server = await startGitHttpServer({ gitDirectory: join(root, owner, name), env });
    servers.set(`/${owner}/${name}`, new URL(server.url));
  }
}

const front = misbehavingFront({ faultFile, onwardOf, note: noteToOutput });
createServer({ key: readFileSync(keyFile), cert: readFileSync(certificateFile) }, front.onRequest)
  .on('connection', front.onConnection)
  .listen(Number(port), host);

function onwardOf(path: string): Onward | null {
  for (const [prefix, url] of servers) {
    if (path.startsWith(`${prefix}/`))
      return { port: Number(url.port), path: url.pathname + path.slice(prefix.length) };
  }
  return null;
}
