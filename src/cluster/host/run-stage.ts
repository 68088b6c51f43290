// Runs one stage as a real child process and stays until nothing of it is left.
import { startProcessGroup } from '../../processes/process-group.ts';
import type { ProcessExit, ProcessGroup } from '../../processes/process-group.ts';
import { endProcesses } from '../../processes/end-processes.ts';
import type { EnvironmentMarker } from '../../processes/marked-processes.ts';
import { RUN_ID_VARIABLE } from '../../processes/run-marker.ts';
import { messageOf } from '../../errors/errors.ts';
import { constants } from 'node:os';
import type { EarlyEnd } from './early-end.ts';
import { replaceFile } from './exclusive-file.ts';
import { startGitHttpServer } from './git-http-server.ts';
import type { GitHttpServer } from './git-http-server.ts';
import type { HostJob, HostStage } from './host-job.ts';
import type { RunDirectory } from './run-directory.ts';
import { stageDirectories, stageEnvironment } from './stage-environment.ts';
import type { StageDirectories } from './stage-environment.ts';
import { layOutStage } from './stage-files.ts';
import { StageLogWriter } from './stage-log.ts';
import { readStageReport } from './stage-report.ts';
import { findThisClone, servingGitEnvironment } from './this-clone.ts';

/** How a stage ended. Without a reason it succeeded. */
export interface StageEnd {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly report?: string;
}

export interface StageRun {
  readonly job: HostJob;
  readonly stage: HostStage;
  readonly directory: RunDirectory;
  /** What of this machine the stage sees, see `machineEnvironment`; the marker is in it. */
  readonly machine: Readonly<Record<string, string>>;
  /** What all of the stage carries, and nothing that outlives it. */
  readonly marker: EnvironmentMarker;
  /** Resolves when the stage is to end early; never, for an undisturbed run. */
  readonly earlyEnd: Promise<EarlyEnd>;
}

/** Output that a process outside our reach still holds open is not waited for longer than this. */
const DRAIN_WITHIN_MS = 2_000;

/** Runs the stage. It never throws: whatever goes wrong is how the stage ended. */
export async function runStage(run: StageRun): Promise<StageEnd> {
  let server: GitHttpServer | null = null;
  try {
    const directories = stageDirectories({ work: run.directory.work, stage: run.stage.name });
    await layOutStage({ directories, files: run.stage.files });
    server = run.stage.serveThisClone ? await serveThisClone(run) : null;
    const end = await runProgram({ run, directories, gitRemote: server?.url ?? null });
    const report = await readStageReport(directories.cwd);
    return report === undefined ? end : { ...end, report };
  } catch (error) {
    return { reason: `could not be run: ${messageOf(error)}` };
  } finally {
    await server?.close();
  }
}

async function serveThisClone(run: StageRun): Promise<GitHttpServer> {
  const clone = await findThisClone();
  if ('whyNot' in clone) {
    throw new Error(clone.whyNot);
  }
  const env = { ...servingGitEnvironment(process.env), [RUN_ID_VARIABLE]: run.job.runId };
  return startGitHttpServer({ gitDirectory: clone.gitDirectory, env });
}

async function runProgram(input: {
  readonly run: StageRun;
  readonly directories: StageDirectories;
  readonly gitRemote: string | null;
}): Promise<StageEnd> {
  const { stage, directory, machine } = input.run;
  const log = new StageLogWriter({ logs: directory.logs, stage: stage.name });
  try {
    const group = await startProcessGroup({
      command: stage.command,
      env: stageEnvironment({
        machine,
        stage: stage.name,
        directories: input.directories,
        variables: [
          ...stage.env,
          ...(input.gitRemote === null ? [] : [{ name: 'GIT_REMOTE', value: input.gitRemote }]),
        ],
      }),
      cwd: input.directories.cwd,
      output: 'pipe',
    });
    return await followProgram({ run: input.run, group, closed: collectOutput({ group, log }) });
  } catch (error) {
    log.write(Buffer.from(`${messageOf(error)}\n`));
    return { exitCode: 127, reason: `could not be started: ${messageOf(error)}` };
  } finally {
    log.close();
  }
}

async function followProgram(input: {
  readonly run: StageRun;
  readonly group: ProcessGroup;
  readonly closed: Promise<unknown>;
}): Promise<StageEnd> {
  const { stage, directory, marker } = input.run;
  const { leader, exited } = input.group;
  let early: EarlyEnd | null = null;
  try {
    await replaceFile({ path: directory.stageProcessFile, content: JSON.stringify({ stage: stage.name, leader }) });
    early = await Promise.race([exited.then(() => null), input.run.earlyEnd]);
  } finally {
    // What its leader leaves behind ends with the stage, at once, as it would in a container.
    await endProcesses({ leaders: [leader], marker, graceMs: early?.graceMs ?? 0 });
  }
  await Promise.race([input.closed, drainTime()]);
  const end = toStageEnd(await exited);
  return early === null ? end : { ...end, reason: early.reason };
}

function collectOutput(input: { readonly group: ProcessGroup; readonly log: StageLogWriter }): Promise<unknown> {
  const { stdout, stderr } = input.group.child;
  const write = (chunk: Buffer): void => input.log.write(chunk);
  stdout?.on('data', write);
  stderr?.on('data', write);
  return new Promise((resolve) => input.group.child.once('close', resolve)).then(() => {
    stdout?.off('data', write);
    stderr?.off('data', write);
  });
}

function toStageEnd(exit: ProcessExit): StageEnd {
  if (exit.signal !== null) {
    return { exitCode: 128 + constants.signals[exit.signal], reason: `signal ${exit.signal}` };
  }
  const exitCode = exit.code ?? 0;
  return exitCode === 0 ? { exitCode } : { exitCode, reason: `exit code ${exitCode}` };
}

function drainTime(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, DRAIN_WITHIN_MS).unref();
  });
}
