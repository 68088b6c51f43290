// What is known of a run as it goes, told in one place: the status query, the web UI's details, search attributes, memo.
import { setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { PollResult } from '../activities/contract.ts';
import { joinClients } from '../evidence/client-class.ts';
import type { Evidence, KnownClients } from '../evidence/evidence.ts';
import type { Transition } from '../evidence/transition.ts';
import type { RunState, Verdict } from '../evidence/verdict.ts';
import { stageTimelines } from '../evidence/intervals.ts';
import type { Plan } from '../plan/plan.ts';
import { FAILURE_FAMILY, PROFILE, STATE, TARGET } from '../temporal/search-attribute-keys.ts';
import { runDetails } from './run-details.ts';
import type { RunStatus, StageStatus } from './messages.ts';

/** One run's progress. Every change is published at once. */
export class RunProgress {
  readonly transitions: Transition[] = [];
  readonly startedAtMs = Date.now();
  readonly runId: string;
  pullAttempts = 1;
  /** Whether a Job may exist: from the moment it is asked for. */
  jobApplied = false;
  /** Whether readings may be kept somewhere: from the moment the first is asked for. */
  samplingOpened = false;
  #plan: Plan | null = null;
  #state: RunState = 'starting';
  #names: { readonly target: string; readonly profile: string };
  #cancelReason: string | null = null;
  #finishedAtMs: number | null = null;
  #evidence: Evidence | null = null;
  #verdict: Verdict | null = null;
  #clients: KnownClients | undefined;
  /** Where in `transitions` the last attempt begins. */
  #attemptFrom = 0;

  constructor(input: { readonly runId: string; readonly target: string; readonly profile: string }) {
    this.runId = input.runId;
    this.#names = { target: input.target, profile: input.profile };
    upsertSearchAttributes([
      { key: TARGET, value: input.target },
      { key: PROFILE, value: input.profile },
      { key: STATE, value: 'running' },
    ]);
    this.#publish();
  }

  planned(plan: Plan): void {
    this.#plan = plan;
    upsertMemo({ runId: plan.runId, node: plan.target.node, jobName: plan.jobName, specHash: plan.specHash });
    this.#publish();
  }

  enter(state: 'running' | 'ending'): void {
    this.#state = state;
    this.#publish();
  }

  /** The first reason given, or null while nobody has asked for a cancel. */
  get cancelReason(): string | null {
    return this.#cancelReason;
  }

  /** Another attempt at pulling images: what came before is no longer what the run is judged by. */
  tryAgain(): void {
    this.pullAttempts += 1;
    this.#attemptFrom = this.transitions.length;
    this.#publish();
  }

  /** Transitions of the last attempt, and those of the ones before it. */
  get attempts(): { readonly last: readonly Transition[]; readonly earlier: readonly Transition[] } {
    const from = this.#attemptFrom;
    return { last: this.transitions.slice(from), earlier: this.transitions.slice(0, from) };
  }

  seen({ transitions, clients }: Pick<PollResult, 'transitions' | 'clients'>): void {
    this.transitions.push(...transitions);
    this.#clients = joinClients(this.#clients, clients);
    this.#publish();
  }

  /** As `seen`, for a page that begins with the attempt's first transition: what is known already is not taken again. */
  seenAgain({ transitions, clients }: Pick<PollResult, 'transitions' | 'clients'>): void {
    const known = new Set(this.attempts.last.map(keyOf));
    this.seen({ transitions: transitions.filter((each) => !known.has(keyOf(each))), ...(clients && { clients }) });
  }

  /** The run's own clients, those that the configuration names among them; undefined where the target told of none. */
  get clients(): KnownClients | undefined {
    const configured = this.#plan?.target.nodeAddresses ?? [];
    return this.#clients === undefined ? undefined : joinClients(this.#clients, { pod: [], node: configured });
  }

  cancelling(reason: string): void {
    this.#cancelReason ??= reason;
    this.#publish();
  }

  ended(input: { readonly evidence: Evidence; readonly verdict: Verdict; readonly finishedAtMs: number }): void {
    this.#evidence = input.evidence;
    this.#verdict = input.verdict;
    this.#finishedAtMs = input.finishedAtMs;
    this.#state = input.verdict.outcome;
    upsertSearchAttributes([
      { key: STATE, value: input.verdict.outcome },
      { key: FAILURE_FAMILY, value: input.verdict.failureFamily },
    ]);
    this.#publish();
  }

  /** The stage that is running, or the last one that failed; null between stages. */
  stageAtFault(): string | null {
    const stages = this.status().stages;
    return (stages.find((s) => s.state === 'failed') ?? stages.find((s) => s.state === 'running'))?.name ?? null;
  }

  status(): RunStatus {
    const plan = this.#plan;
    return {
      version: 1,
      runId: this.runId,
      workflowId: workflowInfo().workflowId,
      target: this.#names.target,
      profile: this.#names.profile,
      node: plan?.target.node ?? null,
      jobName: plan?.jobName ?? null,
      state: this.#state,
      startedAtMs: this.startedAtMs,
      finishedAtMs: this.#finishedAtMs,
      deadlineAtMs: plan === null ? null : this.startedAtMs + plan.deadlineMs,
      stages: plan === null ? [] : this.#stages(plan),
      omittedStages: plan?.omittedStages ?? [],
      pullAttempts: this.pullAttempts,
      cancelReason: this.#cancelReason,
      evidence: this.#evidence,
      verdict: this.#verdict,
      ...(plan?.sampling.source === 'companions' ? { sampled: 'companions' } : {}),
    };
  }

  #stages(plan: Plan): readonly StageStatus[] {
    const notes = new Map(plan.stages.map((stage) => [stage.name, stage.note]));
    const timelines = stageTimelines({ stages: plan.stages, transitions: this.attempts.last });
    return timelines.map(({ stage, state, startedAtMs, finishedAtMs, reason }) => {
      const note = notes.get(stage);
      return {
        name: stage,
        state,
        startedAtMs,
        finishedAtMs,
        ...(reason === undefined ? {} : { reason }),
        ...(note === undefined ? {} : { note }),
      };
    });
  }

  #publish(): void {
    setCurrentDetails(runDetails(this.status()));
  }
}

function keyOf({ stage, phase, image, atMs }: Transition): string {
  return JSON.stringify([stage, phase, image, atMs]);
}
