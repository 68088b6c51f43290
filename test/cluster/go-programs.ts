// What `go install` builds for the cluster, linked statically: the proxy runs in an image without libraries.
import { join } from 'node:path';
import { builtBefore, cacheDirectory, goInstall } from '../../src/processes/go-install.ts';
import type { GoProgram } from '../../src/processes/go-install.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export const SING_BOX: GoProgram = {
  name: 'sing-box',
  module: 'github.com/sagernet/sing-box/cmd/sing-box',
  version: 'v1.14.1',
  tags: ['with_clash_api'],
};

/** Finds or builds it. @throws Error saying in one line why not */
export async function provideGoProgram(input: {
  readonly program: GoProgram;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}): Promise<string> {
  const cacheDir = join(cacheDirectory(input.env), 'test-cluster');
  return builtBefore({ program: input.program, cacheDir }) ?? (await goInstall({ ...input, cacheDir }));
}
