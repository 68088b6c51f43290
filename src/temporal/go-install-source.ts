// Where nothing else gives a `temporal` command, Go builds the pinned one, once for each version.
import { builtBefore, type GoProgram, goInstall } from '../processes/go-install.ts';
import type { TemporalSource } from './temporal-source.ts';
import { TEMPORAL_CLI_MODULE, TEMPORAL_CLI_VERSION } from './versions.ts';

const program: GoProgram = { name: 'temporal', module: TEMPORAL_CLI_MODULE, version: TEMPORAL_CLI_VERSION };

export const goInstallSource: TemporalSource = {
  name: '`go install`',
  present: async ({ cacheDir }) => builtBefore({ program, cacheDir }),
  obtain: (input) => goInstall({ ...input, program }),
};
