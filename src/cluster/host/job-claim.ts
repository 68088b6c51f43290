// The claim on a Job: taken once and for ever, so that no stage is ever started twice.
import { identifyProcess } from '../../processes/process-identity.ts';
import type { ProcessIdentity } from '../../processes/process-identity.ts';
import { createExclusively, readIfThere } from './exclusive-file.ts';
import type { RunDirectory } from './run-directory.ts';

/** Who holds the claim, alive or not. */
export interface JobClaim {
  readonly holder: ProcessIdentity;
  /** `ender`: took the claim only to see to it that no supervisor ever will. */
  readonly role: 'supervisor' | 'ender';
}

/** Takes the claim for this process. False when somebody was first. */
export async function claimJob(input: {
  readonly directory: RunDirectory;
  readonly role: JobClaim['role'];
}): Promise<boolean> {
  const holder = identifyProcess(process.pid);
  const content = `${JSON.stringify({ holder, role: input.role })}\n`;
  return holder !== null && (await createExclusively({ path: input.directory.claimFile, content }));
}

/** The claim, or null while nobody has taken it. */
export async function readClaim(directory: RunDirectory): Promise<JobClaim | null> {
  const text = await readIfThere(directory.claimFile);
  return text === null ? null : (JSON.parse(text) as JobClaim);
}
