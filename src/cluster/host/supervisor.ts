// Entry of the process that runs one host Job: `node supervisor.ts <run directory>`. Nobody waits for it.
import { endProcesses } from '../../processes/end-processes.ts';
import { RUN_ID_VARIABLE, markerOfRun } from '../../processes/run-marker.ts';
import { supervise } from './supervise.ts';

const [runRoot] = process.argv.slice(2);
if (runRoot === undefined) {
  throw new TypeError('usage: supervisor.ts <run directory>');
}

const stopRequested = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => resolve());
  }
});

process.on('uncaughtException', (error) => void endEverything(error));
try {
  await supervise({ runRoot, stopRequested });
  // A pipe that somebody out of reach holds open would keep this process waiting for nothing.
  process.exit(0);
} catch (error) {
  await endEverything(error);
}

/** When even the account of the Job cannot be written (a full disk), at least nothing of it keeps running. */
async function endEverything(error: unknown): Promise<void> {
  console.error(error);
  const runId = process.env[RUN_ID_VARIABLE];
  if (runId !== undefined) {
    await endProcesses({ marker: markerOfRun(runId), graceMs: 0 });
  }
  process.exit(1);
}
