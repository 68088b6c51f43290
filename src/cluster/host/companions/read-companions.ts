// What is known of a Job's companions on this machine, for whoever asks from outside.
import type { CompanionReading } from '../../../evidence/companion-model.ts';
import { readHostJob } from '../host-job.ts';
import type { RunDirectory } from '../run-directory.ts';
import { readCompanionsState, writtenReadings } from './companion-state.ts';
import { readCompanion } from './read-companion.ts';

/**
 * What the supervisor wrote down, at the begin and end of each stage and at the end of all, and one reading of now for as
 * long as they run. None before the Job has any.
 */
export async function readHostCompanions(input: {
  readonly directory: RunDirectory;
  readonly signal: AbortSignal;
}): Promise<readonly CompanionReading[]> {
  const { directory, signal } = input;
  signal.throwIfAborted();
  const [job, state] = [await readHostJob(directory), await readCompanionsState(directory)];
  if (job === null || state === null) return [];
  // Written down first, ended after: whoever sees the end sees the last readings too.
  const written = await writtenReadings(directory);
  if (state.ended) return written;
  const now = await Promise.all(
    state.companions.map(async (each) => {
      const companion = job.companions?.find(({ name }) => name === each.name);
      return companion === undefined ? null : await readCompanion({ companion, state: each, signal });
    }),
  );
  signal.throwIfAborted();
  return [...written, ...now.filter((reading) => reading !== null)];
}
