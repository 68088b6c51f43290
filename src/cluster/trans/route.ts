// One thin line to a target: every call is bounded in time and size, and an answer that was cut is asked for again.
import { setTimeout as pause } from 'node:timers/promises';
import { UnreachableError, messageOf } from '../../errors/errors.ts';
import { type CaptureResult, captureCommand } from '../../processes/capture-command.ts';
import { type FramedAnswer, readFrame } from './frame.ts';
import { remoteScript } from './remote-script.ts';

export interface RouteCall {
  /** What is tried, for errors: `read the Job`. */
  readonly purpose: string;
  /** A constant; its values come as `args`. */
  readonly script: string;
  /** $1, $2 and so on. */
  readonly args: readonly string[];
  /** The script's standard input, the only place for a secret. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Of one try. Default 10 s. */
  readonly timeoutMs?: number;
  /** Of one answer, unpacked. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Every call may be repeated without harm. Default 3. */
  readonly tries?: number;
}

export interface Route {
  /** The machine's name, as `trans` knows it. */
  readonly name: string;
  /**
   * Runs a script there. A bad exit code is an answer.
   * @throws UnreachableError when no try brought a whole answer; what `signal` aborts with
   */
  call(call: RouteCall): Promise<FramedAnswer>;
  /** What a script wrote, without a frame: for finding out whether one can be made. One try. */
  callBare(call: RouteCall): Promise<CaptureResult>;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
const DEFAULT_TRIES = 3;
const FIRST_PAUSE_MS = 200;
/** Base64 of gzip is smaller than what it packs but for noise. */
const PACKED_SHARE = 1.5;
const MAX_SHOWN = 300;

/** @param input.env the environment of `trans`, which is found on its PATH; default this process's own */
export function createRoute(input: {
  readonly route: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}): Route {
  const { route } = input;
  const env = Object.fromEntries(
    Object.entries(input.env ?? process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

  async function capture(call: RouteCall & { readonly argv: readonly string[] }): Promise<CaptureResult> {
    const { signal } = call;
    signal?.throwIfAborted();
    try {
      const result = await captureCommand({
        command: ['trans', route, 'sh', '--', ...call.argv],
        env,
        timeoutMs: call.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        maxBytes: Math.ceil((call.maxBytes ?? DEFAULT_MAX_BYTES) * PACKED_SHARE),
        ...(call.input === undefined ? {} : { input: call.input }),
        ...(signal === undefined ? {} : { signal }),
      });
      signal?.throwIfAborted();
      return result;
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!isStartFailure(thrown)) throw thrown;
      throw new UnreachableError(
        `trans cannot be run: ${messageOf(thrown)}`,
        'Put the program `trans` on the PATH of the worker',
        { cause: thrown },
      );
    }
  }

  return {
    name: route,
    callBare: (call) => capture({ ...call, argv: ['sh', '-c', call.script, 'proxybench', ...call.args] }),
    call: async (call) => {
      const argv = [
        'sh',
        '-c',
        remoteScript('frame'),
        'proxybench',
        'sh',
        '-c',
        call.script,
        'proxybench',
        ...call.args,
      ];
      const tries = call.tries ?? DEFAULT_TRIES;
      let why = '';
      for (let tried = 0; tried < tries; tried++) {
        if (tried > 0) await pause(FIRST_PAUSE_MS * 2 ** tried, undefined, call.signal && { signal: call.signal });
        const result = await capture({ ...call, argv });
        const answer = readFrame({ bytes: result.output, maxBytes: call.maxBytes ?? DEFAULT_MAX_BYTES });
        if (!('cut' in answer)) return answer;
        why = whyNot({ result, cut: answer.cut, timeoutMs: call.timeoutMs ?? DEFAULT_TIMEOUT_MS });
      }
      throw new UnreachableError(
        `Route ${route}: cannot ${call.purpose}: ${why}`,
        `Try \`trans ${route} sh -- true\` where the worker runs`,
      );
    },
  };
}

function whyNot(input: { readonly result: CaptureResult; readonly cut: string; readonly timeoutMs: number }): string {
  const { result, cut, timeoutMs } = input;
  if (result.ended === 'timeout') return `no whole answer within ${timeoutMs} ms`;
  if (result.ended === 'too-much') return 'the answer is larger than it may be';
  const said = result.errorTail.trim().slice(-MAX_SHOWN);
  if (result.output.length > 0) return said === '' ? cut : `${cut}: ${said}`;
  if (said !== '') return said;
  return `trans ended with ${result.exit.signal ?? `code ${String(result.exit.code)}`} and no answer`;
}

function isStartFailure(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && ['ENOENT', 'EACCES', 'ENOTDIR'].includes(String(thrown.code));
}
