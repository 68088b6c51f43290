// Evidence → verdict for the metadata proxy: did it answer every request within its limits, alive from first to last.
import type { Judge, JudgeInput, Verdict } from '../../evidence/verdict.ts';
import type { LoadReport } from '../../load/load-report.ts';
import { formatCount } from '../../quantities/quantities.ts';
import type { Finding } from '../judging/finding.ts';
import { judgeEnding } from '../judging/judge-ending.ts';
import { judgeFailure } from '../judging/judge-failure.ts';
import { count, times } from '../judging/wording.ts';
import { findUnknown } from './find-unknown.ts';
import { type Measured, measuredOf } from './measured.ts';
import { restartsOf } from './restarts.ts';
import { resultTables } from './result-tables.ts';
import { measuredSentence } from './sentence.ts';

/**
 * Judges a run. First what ended it. Then each set of limits is held against the thresholds: a proxy that was killed for
 * want of memory; one that began anew; failed requests. Then against what must be known to call it passed: that the load
 * did what it was asked for and this proxy answered it, whether the limits held the proxy, whether it stayed the same
 * process. The tables tell what was measured whatever the verdict is.
 */
export const judgeMetadataProxy: Judge = (input) => {
  const measured = measuredOf(input);
  const verdict = withKills({
    verdict: judgeEnding(input, (job, succeeded) => findOnJob({ job, succeeded, measured })),
    kills: input.ending.by === 'job' ? [] : measured.flatMap(killFindings),
  });
  const tables = resultTables(measured);
  return tables.length === 0 ? verdict : { ...verdict, tables };
};

interface JobToJudge {
  readonly job: JudgeInput;
  readonly succeeded: boolean;
  readonly measured: readonly Measured[];
}

function findOnJob({ job, succeeded, measured }: JobToJudge): Finding {
  const { thresholds } = job.plan;
  const [killed] = measured.flatMap(killFindings);
  if (!succeeded) {
    // A proxy that was killed takes its load with it; the load's own words are about a connection.
    return killed === undefined ? judgeFailure(job) : withMeasured(killed, measured);
  }
  const found =
    killed ??
    measured.flatMap((each) => restartFindings(each, thresholds.restarts ?? 0))[0] ??
    besideFindings(job)[0] ??
    measured.flatMap((each) => requestFindings(each, thresholds.failedRequests ?? 0))[0] ??
    measured.flatMap((each) => findUnknown({ plan: job.plan, measured: each }))[0];
  if (found !== undefined) return withMeasured(found, measured);
  if (measured.length === 0) {
    return { outcome: 'evidence-incomplete', reason: 'The plan has no proxy with limits, so nothing was measured' };
  }
  const told = measured.map(measuredSentence).join('; ');
  return { outcome: 'passed', family: 'none', reason: `${count(measured.length, 'limit')} passed: ${told}` };
}

/** A run that was ended from outside has its own reason; that a proxy was killed under it may be the reason for that. */
function withKills({ verdict, kills }: { readonly verdict: Verdict; readonly kills: readonly Finding[] }): Verdict {
  if (kills.length === 0) return verdict;
  return {
    ...verdict,
    reason: `${[verdict.reason.replace(/\.$/, ''), ...kills.map(({ reason }) => reason)].join('; ')}.`,
  };
}

/** A limit that is enforced lets no more be used; a peak beyond it is for `findUnknown`, since then nothing was enforced. */
function killFindings({ label, proxy, load, companion }: Measured): readonly Finding[] {
  const { oomKills = null } = companion?.usage ?? {};
  if (oomKills === null || oomKills === 0) return [];
  const reason = `${label}: ${proxy} was killed ${times(oomKills)} for want of memory`;
  return [{ outcome: 'failed', family: 'memory-limit', stage: load, reason }];
}

function restartFindings({ label, proxy, load, restarts: { since } }: Measured, most: number): readonly Finding[] {
  if (since === null || since <= most) return [];
  const reason = `${label}: ${proxy} began anew ${times(since)}, at most ${formatCount(most)} is allowed`;
  return [{ outcome: 'failed', family: 'proxy-restarted', stage: load, reason }];
}

/** What proxies talk to is not under test: where it began anew, nobody knows whose the failed requests are, or the times. */
function besideFindings({ plan, evidence }: JudgeInput): readonly Finding[] {
  return (plan.companions ?? []).flatMap(({ name, limits }): readonly Finding[] => {
    if (limits !== undefined) return [];
    const { since } = restartsOf({ plan, companion: evidence.companions?.find((each) => each.name === name) });
    if (since === null || since === 0) return [];
    return [
      { outcome: 'evidence-incomplete', reason: `${name} began anew ${times(since)} while the proxies needed it` },
    ];
  });
}

function requestFindings({ label, load, report }: Measured, most: number): readonly Finding[] {
  if (report === null || report.failed <= most) return [];
  const told = failuresOf(report)
    .map(([what, failed]) => `${what} ${formatCount(failed)}`)
    .join(', ');
  const reason = `${label}: ${formatCount(report.failed)} of ${formatCount(report.requests)} requests failed (${told}), at most ${formatCount(most)} may`;
  return [{ outcome: 'failed', family: 'failed-requests', stage: load, reason }];
}

/** `reset`, `timeout` …, and each status by itself: a count beside the word `status` alone reads like one. */
function failuresOf({ errors, statuses }: LoadReport): readonly (readonly [what: string, failed: number])[] {
  const { status, ...unanswered } = errors;
  const answered = status === 0 ? [] : Object.entries(statuses).filter(([code]) => !code.startsWith('2'));
  return [
    ...Object.entries(unanswered).filter(([, failed]) => failed > 0),
    ...answered.map(([code, failed]) => [`status ${code}:`, failed] as const),
  ];
}

/** The finding, and beside it what was measured. */
function withMeasured(found: Finding, measured: readonly Measured[]): Finding {
  const told = measured.filter(({ report }) => report !== null).map(measuredSentence);
  return told.length === 0 ? found : { ...found, reason: `${found.reason}; measured: ${told.join('; ')}` };
}
