// What goes into the workflows, comes out of them, and may be said to them while they run.
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { RunRequest, TrafficSample } from '../activities/contract.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { RunState, Verdict } from '../evidence/verdict.ts';
import type { ResultRow } from '../evidence/result-row.ts';
import type { OmittedStage, Plan } from '../plan/plan.ts';

/** Input of `benchmarkTarget`: names that the worker resolves, or a Plan resolved before. */
export type BenchmarkTargetInput = (RunRequest & { readonly runId?: string }) | { readonly plan: Plan };

/** Input of `benchmarkFleet`. Each target is one child run. */
export interface BenchmarkFleetInput {
  readonly fleetId: string;
  readonly profile: string;
  readonly runs: readonly { readonly target: string; readonly runId: string }[];
  /** How many targets run at once; at least 1. */
  readonly maxParallel: number;
  readonly deadlineMs?: number;
  readonly gitRemote?: string;
}

/** What a cancel carries. */
export interface CancelRequest {
  readonly reason?: string;
}

/** One stage in a status. */
export interface StageStatus {
  readonly name: string;
  readonly state: 'not-started' | 'running' | 'passed' | 'failed';
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly reason?: string;
  readonly note?: string;
}

/** Answer to the query `status`; the very document that the command line prints. */
export interface RunStatus {
  readonly version: 1;
  readonly runId: string;
  readonly workflowId: string;
  readonly target: string;
  readonly profile: string;
  /** Null until the plan is rendered. */
  readonly node: string | null;
  readonly jobName: string | null;
  readonly state: RunState;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly deadlineAtMs: number | null;
  readonly stages: readonly StageStatus[];
  readonly omittedStages: readonly OmittedStage[];
  readonly pullAttempts: number;
  readonly cancelReason: string | null;
  readonly evidence: Evidence | null;
  readonly verdict: Verdict | null;
  /** Set for a run that reads its own companions: nothing is read at the proxy. */
  readonly sampled?: 'companions';
}

/** One target in a fleet. */
export interface FleetRow {
  readonly target: string;
  readonly runId: string;
  readonly workflowId: string;
  readonly state: 'queued' | 'running' | 'ended';
  readonly summary: ResultRow | null;
  /** Why there is no summary, where the child could not give one. */
  readonly error: string | null;
}

/** Answer to a fleet's query `status`, and its result. */
export interface FleetStatus {
  readonly version: 1;
  readonly fleetId: string;
  readonly profile: string;
  readonly state: 'running' | 'ended';
  readonly rows: readonly FleetRow[];
}

/** Input of `sampleTraffic`. */
export interface SampleTrafficInput {
  readonly target: string;
  /** 1 to 300. */
  readonly seconds: number;
}

export type SampleTrafficResult = TrafficSample;

/** Ends a run, or a whole fleet, cleanly; the evidence so far is kept. */
export const cancelRun = defineSignal<[CancelRequest?]>('cancelRun');

/** A run's status as of now. */
export const runStatus = defineQuery<RunStatus>('status');

/** A fleet's status as of now. */
export const fleetStatus = defineQuery<FleetStatus>('status');
