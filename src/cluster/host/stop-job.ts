// Ends a host Job from outside, together with its supervisor or in its place.
import { askToEnd } from '../../processes/ask-to-end.ts';
import { replaceFile } from './exclusive-file.ts';
import { finishAbandonedJob } from './finish-abandoned-job.ts';
import { readHostJob } from './host-job.ts';
import { claimJob, readClaim } from './job-claim.ts';
import type { RunDirectory } from './run-directory.ts';
import { readTransitions } from './transition-log.ts';

/** What the supervisor may take beyond the grace to write its last words, before it is ended too. */
const LAST_WORDS_MS = 2_000;

/** Resolves when nothing of the Job runs any more. A Job that has ended, or never was, is left as it is. */
export async function stopJob(input: { readonly directory: RunDirectory; readonly graceMs: number }): Promise<void> {
  const { directory, graceMs } = input;
  const job = await readHostJob(directory);
  if (job === null) {
    return;
  }
  if ((await readTransitions(directory.transitions)).final !== null) {
    await finishAbandonedJob({ directory, job, graceMs });
    return;
  }
  await replaceFile({ path: directory.stopFile, content: `${JSON.stringify({ graceMs })}\n` });
  // Where nobody has started it, nobody can any more.
  await claimJob({ directory, role: 'ender' });
  const claim = await readClaim(directory);
  if (claim?.role === 'supervisor') {
    await askToEnd({ process: claim.holder, withinMs: graceMs + LAST_WORDS_MS });
  }
  await finishAbandonedJob({ directory, job, graceMs });
}
