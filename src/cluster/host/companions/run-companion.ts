// One companion as a real process: started, started again when it ends, and ended with the Job.
import { setTimeout as pause } from 'node:timers/promises';
import { constants } from 'node:os';
import { messageOf } from '../../../errors/errors.ts';
import { usefulLogLines } from '../../../evidence/useful-log-lines.ts';
import { endProcesses } from '../../../processes/end-processes.ts';
import type { ProcessExit, ProcessGroup } from '../../../processes/process-group.ts';
import { startProcessGroup } from '../../../processes/process-group.ts';
import { isRunning } from '../../../processes/process-identity.ts';
import { MOST_ENDS_BEFORE_READY } from '../../companions/most-ends-before-ready.ts';
import { readPage } from '../../companions/read-page.ts';
import type { HostCompanion } from '../host-job.ts';
import type { RunDirectory } from '../run-directory.ts';
import { stageDirectories, stageEnvironment } from '../stage-environment.ts';
import { layOutStage } from '../stage-files.ts';
import { StageLogWriter, readStageLog } from '../stage-log.ts';
import { commandIn } from './cgroup.ts';
import type { CompanionState } from './companion-state.ts';
import { portInUse } from './port-in-use.ts';

/** A small share of one CPU makes the start of a program long. */
const READY_WITHIN_MS = 60_000;
const READY_ASKED_EVERY_MS = 50;
const READY_ANSWERS_WITHIN_MS = 5_000;
/** It is started at most once in this time. */
const RESTARTS_EVERY_MS = 1_000;
const SHOWN_LOG_LINES = 3;

export interface CompanionRun {
  /** Resolves once it answers, with null, or when it is given up, with why. */
  readonly ready: Promise<string | null>;
  /** Ends it for good. Resolves when nothing of it runs any more. */
  end(input: { readonly graceMs: number }): Promise<void>;
}

/** Starts it and keeps it running. `onChange` is awaited before it goes on, with what has become of it. */
export function runCompanion(input: {
  readonly companion: HostCompanion;
  readonly directory: RunDirectory;
  readonly machine: Readonly<Record<string, string>>;
  readonly cgroup: CompanionState['cgroup'];
  readonly onChange: (change: Pick<CompanionState, 'leader' | 'restarts'>) => Promise<void>;
}): CompanionRun {
  const run = new KeptRunning(input);
  return { ready: run.ready(), end: (how) => run.end(how) };
}

class KeptRunning {
  readonly #input: Parameters<typeof runCompanion>[0];
  readonly #ending = new AbortController();
  /** Resolves with why it was given up. */
  readonly #givenUp = Promise.withResolvers<string>();
  readonly #log: StageLogWriter;
  readonly #over: Promise<void>;
  #group: ProcessGroup | null = null;
  #isReady = false;

  constructor(input: Parameters<typeof runCompanion>[0]) {
    this.#input = input;
    this.#log = new StageLogWriter({ logs: input.directory.logs, stage: input.companion.name });
    this.#over = this.#keepRunning()
      .catch((thrown: unknown) => this.#givenUp.resolve(`it could not be kept running: ${messageOf(thrown)}`))
      .finally(() => this.#log.close());
  }

  async ready(): Promise<string | null> {
    const { companion } = this.#input;
    const within = AbortSignal.any([AbortSignal.timeout(READY_WITHIN_MS), this.#ending.signal]);
    const why = await Promise.race([this.#answers(within), this.#givenUp.promise]);
    if (why === null) {
      this.#isReady = true;
      return null;
    }
    const { name } = companion;
    const tail = await readStageLog({ logs: this.#input.directory.logs, stage: name, maxBytes: 4_096 });
    const lines = usefulLogLines(tail).slice(-SHOWN_LOG_LINES).join(' | ');
    return `companion ${name} did not come up: ${why}${lines === '' ? '' : `; its log ends: ${lines}`}`;
  }

  async end({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#ending.abort();
    if (this.#group !== null) await endProcesses({ leaders: [this.#group.leader], graceMs });
    await this.#over;
  }

  async #answers(within: AbortSignal): Promise<string | null> {
    let last = 'nothing listens';
    for (;;) {
      try {
        const signal = AbortSignal.any([within, AbortSignal.timeout(READY_ANSWERS_WITHIN_MS)]);
        const group = this.#group;
        await readPage({ page: this.#input.companion.ready, signal });
        // Somebody else's answer is none: a program that has ended, or was started again meanwhile, did not give it.
        if (group !== null && group === this.#group && isRunning(group.leader)) return null;
        last = 'what answers is another program';
      } catch (thrown) {
        if (this.#ending.signal.aborted) return 'it was ended';
        if (within.aborted) return `not ready within ${READY_WITHIN_MS / 1000} s: ${last}`;
        last = messageOf(thrown);
      }
      await pause(READY_ASKED_EVERY_MS);
    }
  }

  async #keepRunning(): Promise<void> {
    const { companion, directory, onChange } = this.#input;
    const taken = await portInUse(companion);
    if (taken !== null) return this.#givenUp.resolve(`port ${taken} is in use`);
    const directories = stageDirectories({ work: directory.work, stage: companion.name });
    await layOutStage({ directories, files: companion.files });
    const env = stageEnvironment({
      machine: this.#input.machine,
      stage: companion.name,
      directories,
      variables: companion.env,
    });
    for (let restarts = 0; ; restarts++) {
      const nextMs = performance.now() + RESTARTS_EVERY_MS;
      const { exit, wasAskedTo } = await this.#runOnce({ env, cwd: directories.cwd, restarts });
      // Told at its end, not with its next start: for one that ends with the last stage there is none.
      if (!wasAskedTo) await onChange({ leader: null, restarts: restarts + 1 });
      if (this.#ending.signal.aborted) return;
      if (!this.#isReady && restarts + 1 >= MOST_ENDS_BEFORE_READY) {
        return this.#givenUp.resolve(`it ended ${restarts + 1} times, the last one ${howEnded(exit)}`);
      }
      this.#log.write(Buffer.from(`proxybench: ${howEnded(exit)}; it is started again\n`));
      await pause(Math.max(0, nextMs - performance.now()), undefined, { signal: this.#ending.signal }).catch(
        () => undefined,
      );
      if (this.#ending.signal.aborted) return;
    }
  }

  async #runOnce(input: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly restarts: number;
  }): Promise<{ readonly exit: ProcessExit; readonly wasAskedTo: boolean }> {
    const { companion, cgroup, onChange } = this.#input;
    const { command } = companion;
    const group = await startProcessGroup({
      command: cgroup === null ? command : commandIn({ group: cgroup, command }),
      env: input.env,
      cwd: input.cwd,
      output: 'pipe',
    });
    const write = (chunk: Buffer): void => this.#log.write(chunk);
    const { stdout, stderr } = group.child;
    stdout?.on('data', write);
    stderr?.on('data', write);
    this.#group = group;
    // Asked to end while it was being started.
    if (this.#ending.signal.aborted) await endProcesses({ leaders: [group.leader], graceMs: 0 });
    await onChange({ leader: group.leader, restarts: input.restarts });
    const exit = await group.exited;
    const wasAskedTo = this.#ending.signal.aborted;
    // What it leaves behind would hold its port and its memory against the next one.
    await endProcesses({ leaders: [group.leader], graceMs: 0 });
    stdout?.off('data', write);
    stderr?.off('data', write);
    this.#group = null;
    return { exit, wasAskedTo };
  }
}

function howEnded({ code, signal }: ProcessExit): string {
  return signal === null ? `with exit code ${code ?? 0}` : `by signal ${signal} (${128 + constants.signals[signal]})`;
}
