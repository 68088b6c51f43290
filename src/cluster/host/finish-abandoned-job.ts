// Gives a Job that nobody is left to finish its end: its processes gone, its last word written.
import { InfrastructureError } from '../../errors/errors.ts';
import { endProcesses } from '../../processes/end-processes.ts';
import type { ProcessIdentity } from '../../processes/process-identity.ts';
import { markerOfRun } from '../../processes/run-marker.ts';
import { readStopRequest, STOPPED_REASON, VANISHED_REASON } from './early-end.ts';
import { readCompanionsState } from './companions/companion-state.ts';
import { readIfThere } from './exclusive-file.ts';
import type { HostJob } from './host-job.ts';
import { readClaim } from './job-claim.ts';
import type { RunDirectory } from './run-directory.ts';
import { appendTransitions, openStage, readTransitions } from './transition-log.ts';

/**
 * Only for a Job that no supervisor will finish: none holds it, or the one that does is dead or not answering. It is
 * `stopped` when somebody has asked for that, else `lost`. Of several callers the first has the last word; all of them
 * find nothing left running.
 * @throws InfrastructureError when processes survive SIGKILL
 */
export async function finishAbandonedJob(input: {
  readonly directory: RunDirectory;
  readonly job: HostJob;
  readonly graceMs: number;
}): Promise<void> {
  const { directory, job } = input;
  const { left } = await endRunProcesses(input);
  if (left.length > 0) {
    throw new InfrastructureError(`Processes of ${job.jobName} survive SIGKILL: ${left.join(', ')}`);
  }
  const log = await readTransitions(directory.transitions);
  if (log.final !== null) {
    return;
  }
  const wasStopped = (await readStopRequest(directory)) !== null;
  const reason = wasStopped ? STOPPED_REASON : VANISHED_REASON;
  const stage = openStage(log);
  const atMs = Date.now();
  appendTransitions({
    path: directory.transitions,
    lines: [
      ...(stage === null ? [] : [{ stage, phase: 'failed', atMs, reason } as const]),
      { stage: null, phase: 'failed', atMs, reason, state: wasStopped ? 'stopped' : 'lost' },
    ],
  });
}

/** Ends every process of the run, its supervisor among them, wherever it has gone. Tells what survives SIGKILL. */
export async function endRunProcesses(input: {
  readonly directory: RunDirectory;
  readonly job: HostJob;
  readonly graceMs: number;
}): Promise<{ readonly left: readonly number[] }> {
  const text = await readIfThere(input.directory.stageProcessFile);
  const stage = text === null ? null : (JSON.parse(text) as { readonly leader: ProcessIdentity });
  const companions = (await readCompanionsState(input.directory))?.companions ?? [];
  const claim = await readClaim(input.directory);
  return endProcesses({
    leaders: [
      ...(stage === null ? [] : [stage.leader]),
      ...companions.flatMap(({ leader }) => (leader === null ? [] : [leader])),
      ...(claim?.role === 'supervisor' ? [claim.holder] : []),
    ],
    marker: markerOfRun(input.job.runId),
    graceMs: input.graceMs,
  });
}
