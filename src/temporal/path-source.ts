// The `temporal` that the user has installed already.
import { findOnPath } from '../processes/find-on-path.ts';
import { runCommand } from '../processes/run-command.ts';
import type { SourceInput, TemporalSource } from './temporal-source.ts';

const VERSION_WITHIN_MS = 10_000;

export const pathSource: TemporalSource = {
  name: '`temporal` on PATH',
  present: async (input) => {
    const file = findOnPath({ program: 'temporal', path: input.env['PATH'] ?? '' });
    return file !== null && (await works(file, input)) ? file : null;
  },
  obtain: async (input) => {
    const file = findOnPath({ program: 'temporal', path: input.env['PATH'] ?? '' });
    throw new Error(file === null ? 'there is none' : `${file} is there but \`temporal --version\` fails`);
  },
};

async function works(file: string, { env, signal }: SourceInput): Promise<boolean> {
  const asked = await runCommand({
    command: [file, '--version'],
    env: { PATH: env['PATH'] ?? '', HOME: env['HOME'] ?? '' },
    timeoutMs: VERSION_WITHIN_MS,
    ...(signal === undefined ? {} : { signal }),
  }).catch(() => null);
  return asked !== null && asked.ended === 'by-itself' && asked.exit.code === 0;
}
