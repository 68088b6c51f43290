// Drives a server with ApacheBench and reads its report strictly: a line that is missing or odd is an error, not a zero.
import { captureCommand } from '../../src/processes/capture-command.ts';

/** What ab reported. All times in milliseconds. */
export interface AbReport {
  readonly serverSoftware: string;
  readonly documentBytes: number;
  readonly seconds: number;
  readonly complete: number;
  /** What ab itself counts as failed: no connection, a broken one, an answer of another length, or an exception. */
  readonly failed: number;
  readonly failures: AbFailures;
  /** Answers of another status than 2xx. ab does not count them as failed. */
  readonly notSuccessful: number;
  readonly requestsPerSecond: number;
  readonly totalBytes: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** ab's failures by kind. They overlap: a connection that was reset is in `receive` and in `exceptions`. */
export interface AbFailures {
  readonly connect: number;
  readonly receive: number;
  readonly length: number;
  readonly exceptions: number;
}

/** What to ask for. */
export interface AbRequest {
  readonly url: string;
  readonly concurrency: number;
  /** It ends after so many requests, or after `seconds` when they are over first. */
  readonly requests: number;
  readonly seconds?: number;
  /** `name:value`. */
  readonly headers: readonly string[];
  readonly timeoutMs: number;
  /** Broken connections are counted, instead of ending the load with the first. Default false. */
  readonly onwards?: boolean;
}

/** How it went: a report, or why ab gave up. */
export type AbOutcome =
  | { readonly ended: 'reported'; readonly report: AbReport }
  | { readonly ended: 'gave-up'; readonly why: string; readonly complete: number };

const NONE: AbFailures = { connect: 0, receive: 0, length: 0, exceptions: 0 };
const MAX_REPORT_BYTES = 64 * 1024;

/** Runs ab without keep-alive. @throws Error when ab is missing, takes too long or reports what cannot be read */
export async function runAb(request: AbRequest): Promise<AbOutcome> {
  // -t sets a number of requests of its own, so -n has to come after it.
  const time = request.seconds === undefined ? [] : ['-t', String(request.seconds)];
  const bound = [...time, '-n', String(request.requests)];
  const headers = request.headers.flatMap((header) => ['-H', header]);
  const onwards = request.onwards === true ? ['-r'] : [];
  // -s outlasts whatever a slow target may take.
  const options = ['-q', ...onwards, '-s', '300', ...bound, '-c', String(request.concurrency), ...headers];
  const run = await captureCommand({
    command: ['ab', ...options, request.url],
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs: request.timeoutMs,
    maxBytes: MAX_REPORT_BYTES,
  });
  if (run.ended !== 'by-itself') throw new Error(`ab was ended: ${run.ended} after ${request.timeoutMs} ms`);
  const text = run.output.toString('utf8');
  if (run.exit.code !== 0) return { ended: 'gave-up', ...parseGivenUp({ output: text, errors: run.errorTail }) };
  return { ended: 'reported', report: parseAbReport(text) };
}

/** @throws Error naming the line that is missing */
export function parseAbReport(text: string): AbReport {
  const field = (name: string, value: string): string => {
    const found = new RegExp(`^${name}:[ \\t]*${value}`, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`ab's report has no readable line "${name}"`);
    return found;
  };
  const count = (name: string, unit = '$'): number => Number(field(name, `(\\d+)${unit}`));
  const failed = count('Failed requests');
  return {
    serverSoftware: field('Server Software', '(.*)$').trim(),
    documentBytes: count('Document Length', ' bytes$'),
    seconds: Number(field('Time taken for tests', '([\\d.]+) seconds$')),
    complete: count('Complete requests'),
    failed,
    failures: failed === 0 ? NONE : parseFailures(text),
    notSuccessful: /^Non-2xx responses:/m.test(text) ? count('Non-2xx responses') : 0,
    requestsPerSecond: Number(field('Requests per second', '([\\d.]+) \\[#/sec\\] \\(mean\\)$')),
    totalBytes: count('Total transferred', ' bytes$'),
    p50Ms: percentile(text, 50),
    p90Ms: percentile(text, 90),
    p99Ms: percentile(text, 99),
    maxMs: percentile(text, 100),
  };
}

function parseFailures(text: string): AbFailures {
  const found = /^ +\(Connect: (\d+), Receive: (\d+), Length: (\d+), Exceptions: (\d+)\)$/m.exec(text);
  if (found === null) throw new Error("ab's report counts failures but has no readable line of their kinds");
  const [, connect, receive, length, exceptions] = found;
  return {
    connect: Number(connect),
    receive: Number(receive),
    length: Number(length),
    exceptions: Number(exceptions),
  };
}

function percentile(text: string, percent: number): number {
  const found = new RegExp(`^ +${percent}% +(\\d+)(?: \\(longest request\\))?$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`ab's report has no readable line for ${percent}%`);
  return Number(found);
}

/** What ab leaves when it ends without a report. */
export function parseGivenUp(input: { readonly output: string; readonly errors: string }): {
  readonly why: string;
  readonly complete: number;
} {
  const complete = /Total of (\d+) requests completed/.exec(`${input.output}\n${input.errors}`)?.[1];
  const why = input.errors.split('\n').findLast((line) => line.trim() !== '');
  return { why: why?.trim() ?? 'ab said nothing', complete: Number(complete ?? 0) };
}
