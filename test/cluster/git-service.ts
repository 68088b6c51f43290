// The Git server that stands for https://github.com, as Pods see it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeExecutable } from '../../src/processes/node-executable.ts';
import { makeCertificate } from './certificates.ts';
import type { ComponentSpec } from './component.ts';
import { provideGitAuthority } from './images/debian-base.ts';
import { ADDRESS, PORTS } from './layout.ts';
import type { ClusterLayout } from './layout.ts';

export function gitFaultFile(layout: ClusterLayout): string {
  return join(layout.faults, 'git.json');
}

/** Makes its certificate and says how to start it. */
export async function gitServerSpec(input: {
  readonly layout: ClusterLayout;
  /** Holds the repositories. */
  readonly directory: string;
}): Promise<ComponentSpec> {
  const { layout } = input;
  const pair = await makeCertificate({
    directory: layout.certificates,
    authority: await provideGitAuthority({ cache: layout.cache }),
    name: 'git-server',
    commonName: 'github.com',
    alternativeNames: ['DNS:github.com', `IP:${ADDRESS}`],
  });
  const program = fileURLToPath(new URL('servers/git-server.ts', import.meta.url));
  const files = [input.directory, pair.keyFile, pair.certificateFile, gitFaultFile(layout)];
  return { name: 'git-server', command: [nodeExecutable(), program, ADDRESS, String(PORTS.git), ...files] };
}
