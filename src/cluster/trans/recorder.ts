// The stage recorder on the far side, as seen from here: started, read from, told to finish, removed.
import { setTimeout as pause } from 'node:timers/promises';
import { InvalidInputError, UnreachableError } from '../../errors/errors.ts';
import type { RunReference } from '../../plan/plan.ts';
import { isRunId, runIdProblem } from '../../plan/run-id.ts';
import { controlArguments, curlSetting } from './control-arguments.ts';
import { remoteScript } from './remote-script.ts';
import type { Route, RouteCall } from './route.ts';
import { type RecorderState, type SpoolBatch, readBatch } from './spool-batch.ts';

/** Bounds of a recorder, each with a default. */
export interface RecorderLimits {
  /** How long after the run's deadline it ends by itself. Default 10 min. */
  readonly deadlineMarginMs?: number;
  /** Most that its spool may hold on the far side's disk. Default 256 MiB. */
  readonly maxSpoolKib?: number;
  /** How long it goes on after the Job's end. Default 10 s. */
  readonly lingerMs?: number;
  /** How long it waits for a Job that is not there: the first, or that of another attempt. Default 10 min. */
  readonly withoutJobMs?: number;
  /** How long after its own deadline a forgotten spool is kept; then the next recorder removes it. Default 24 h. */
  readonly keepSpoolMs?: number;
}

const DEFAULTS = {
  deadlineMarginMs: 600_000,
  maxSpoolKib: 256 * 1024,
  lingerMs: 10_000,
  withoutJobMs: 600_000,
  keepSpoolMs: 86_400_000,
};

export interface Recorder {
  /** Makes sure that it runs, unless it has ended as it should. @throws UnreachableError */
  ensure(input: { readonly secret: string | undefined; readonly signal: AbortSignal }): Promise<RecorderState>;
  /** What was recorded after a place, waiting for news `waitMs` (20 s at the most). @throws UnreachableError */
  read(input: SpoolReading): Promise<SpoolBatch>;
  /** Asks for a last reading and the end. @throws UnreachableError */
  finish(input: { readonly signal?: AbortSignal }): Promise<void>;
  /** Ends it and removes all that is left of it; tells what could not be. @throws UnreachableError */
  remove(): Promise<readonly string[]>;
}

export interface SpoolReading {
  readonly stream: 'control' | 'job';
  readonly afterSequence: number;
  /** What may be forgotten; 0 for nothing. */
  readonly acknowledged: number;
  readonly maxPieces: number;
  readonly waitMs: number;
  /** Default 1: who asks again anyway asks for less then. */
  readonly tries?: number;
  readonly signal: AbortSignal;
}

/** What the far side says when a line that broke, or somebody else's end, kept it from starting. */
const TRY_AGAIN = 75;
const START_TRIES = 3;
const START_PAUSE_MS = 300;
const MAX_WAIT_MS = 20_000;
/** What a call takes beyond what it waits for. */
const CALL_MS = 10_000;
const MAX_BATCH_BYTES = 32 * 1024 * 1024;

/** @throws InvalidInputError for a run or proxy whose names cannot be used */
export function recorderOf(input: {
  readonly route: Route;
  readonly run: RunReference;
  readonly limits?: RecorderLimits;
}): Recorder {
  const { route, run } = input;
  const limits = { ...DEFAULTS, ...input.limits };
  if (!isRunId(run.runId)) throw new InvalidInputError([runIdProblem(run.runId)]);
  return {
    async ensure({ secret, signal }) {
      const script = remoteScript('spool', 'kubectl', 'api', 'look', 'reach-control', 'recorder');
      const call: RouteCall = {
        purpose: 'start the stage recorder',
        script: remoteScript('spool', 'start-recorder'),
        args: [
          run.runId,
          String(run.deadlineMs + limits.deadlineMarginMs),
          String(limits.keepSpoolMs),
          String(Buffer.byteLength(script)),
          run.target.namespace,
          run.jobName,
          run.target.node.toLowerCase(),
          ...controlArguments(run.proxy),
          String(run.sampling.intervalMs),
          String(limits.maxSpoolKib),
          String(limits.lingerMs),
          String(limits.withoutJobMs),
        ],
        input: `${curlSetting(secret)}\n${script}`,
        timeoutMs: CALL_MS + 5_000,
        signal,
      };
      for (let tried = 1; ; tried++) {
        const { exitCode, output, said } = await route.call(call);
        if (exitCode === 0) return output.toString('utf8').trim() as RecorderState;
        if (exitCode !== TRY_AGAIN || tried === START_TRIES) {
          throw new UnreachableError(
            `The stage recorder cannot be started on ${route.name}: ${said.trim() || `code ${exitCode}`}`,
            'See that the home directory there can be written to',
          );
        }
        await pause(START_PAUSE_MS, undefined, { signal });
      }
    },
    async read({ stream, afterSequence, acknowledged, maxPieces, waitMs, tries = 1, signal }) {
      const wait = Math.min(Math.max(0, waitMs), MAX_WAIT_MS);
      const { output } = await route.call({
        purpose: 'fetch what the stage recorder has',
        script: remoteScript('spool', 'read-spool'),
        args: [run.runId, stream, ...[afterSequence, acknowledged, maxPieces, Math.round(wait / 100)].map(String)],
        timeoutMs: wait + CALL_MS,
        maxBytes: MAX_BATCH_BYTES,
        tries,
        signal,
      });
      return readBatch({ bytes: output, afterSequence });
    },
    async finish({ signal }) {
      await route.call({
        purpose: 'tell the stage recorder to finish',
        script: remoteScript('spool', 'finish-recorder'),
        args: [run.runId],
        ...(signal === undefined ? {} : { signal }),
      });
    },
    async remove() {
      const { output } = await route.call({
        purpose: 'remove the stage recorder',
        script: remoteScript('spool', 'remove-spool'),
        args: [run.runId],
      });
      return output
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '');
    },
  };
}
