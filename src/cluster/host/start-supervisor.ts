// Brings a Job's supervisor up and waits until the Job has one, whoever it was that started it.
import { join } from 'node:path';
import { InfrastructureError } from '../../errors/errors.ts';
import { nodeExecutable } from '../../processes/node-executable.ts';
import { startProcessGroup } from '../../processes/process-group.ts';
import { DirectoryChanges } from './directory-changes.ts';
import { readIfThere } from './exclusive-file.ts';
import type { HostJob } from './host-job.ts';
import { readClaim } from './job-claim.ts';
import type { RunDirectory } from './run-directory.ts';
import { machineEnvironment } from './stage-environment.ts';
import { utf8Tail } from './utf8-tail.ts';

const SUPERVISOR = join(import.meta.dirname, 'supervisor.ts');
/** How long a supervisor may take to claim its Job before the machine counts as broken. */
export const CLAIM_WITHIN_MS = 30_000;
const SHOWN_LOG_BYTES = 1_000;

/**
 * Starts a supervisor that outlives this process, unless the Job is claimed, and waits for the claim.
 * @throws InfrastructureError when no claim comes about
 */
export async function startSupervisor(input: {
  readonly directory: RunDirectory;
  readonly job: HostJob;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { directory, job, signal } = input;
  if ((await readClaim(directory)) !== null) {
    return;
  }
  const changes = new DirectoryChanges(directory.root);
  try {
    const group = await startProcessGroup({
      command: [nodeExecutable(), SUPERVISOR, directory.root],
      env: machineEnvironment({ from: process.env, runId: job.runId }),
      cwd: directory.root,
      output: { file: directory.supervisorLog },
    });
    group.child.unref();
    let ended = false;
    void group.exited.then(() => {
      ended = true;
      changes.look();
    });
    const deadlineMs = performance.now() + CLAIM_WITHIN_MS;
    for (;;) {
      // Looked at before the claim is, so that a supervisor that claims and ends at once is not taken for one that failed.
      const gaveUp = ended || performance.now() > deadlineMs;
      if ((await readClaim(directory)) !== null) {
        return;
      }
      if (gaveUp) {
        throw await failedToStart(directory);
      }
      await changes.next(signal);
    }
  } finally {
    changes.close();
  }
}

async function failedToStart(directory: RunDirectory): Promise<InfrastructureError> {
  const log = (await readIfThere(directory.supervisorLog)) ?? '';
  const { text } = utf8Tail({ bytes: Buffer.from(log), maxBytes: SHOWN_LOG_BYTES });
  return new InfrastructureError(`The Job's supervisor did not start. ${text.trim()}`.trim());
}
