// Evidence → verdict for real dependency downloads: did every stage work, through the proxy, with enough traffic.
import type { Judge } from '../../evidence/verdict.ts';
import { judgeEnding } from '../judging/judge-ending.ts';
import { judgeFailure } from '../judging/judge-failure.ts';
import { judgeTraffic } from './judge-traffic.ts';

/**
 * Judges a run. First what ended it (cancel, deadline, unreachable, infrastructure, a failed stage); then, for a Job that
 * succeeded, what the proxy saw, see `judgeTraffic`.
 */
export const judgeRealDeps: Judge = (input) =>
  judgeEnding(input, (job, succeeded) => (succeeded ? judgeTraffic(job) : judgeFailure(job)));
