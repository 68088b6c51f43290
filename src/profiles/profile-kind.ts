// What a kind of profile brings beside its schema and its judge: checks, and the way from a profile to a Plan.
import type { Problem } from '../errors/errors.ts';
import type { Plan, PlannedProxy, PlannedTarget } from '../plan/plan.ts';
import type { CommonProfile } from './profile-fields.ts';

/** A fault in a profile's settings, by its place within the profile. */
export interface SettingFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint: string;
  readonly value?: unknown;
}

/** What one run asks for beyond its profile. */
export interface PlanOverrides {
  /** Milliseconds; the run's deadline instead of the profile's. */
  readonly deadlineMs?: number;
  /** The public Git remote instead of the profile's. */
  readonly gitRemote?: string;
}

/** All that a Plan is made from; equal inputs make equal Plans. */
export interface PlanInput<P extends CommonProfile> {
  readonly profileName: string;
  readonly profile: P;
  readonly target: PlannedTarget;
  readonly proxy: PlannedProxy;
  readonly request: PlanOverrides;
  readonly runId: string;
}

/** One kind of benchmark. Everything here is pure. */
export interface ProfileKind<P extends CommonProfile = CommonProfile> {
  /**
   * Faults that the schema cannot tell, found in raw settings of any shape, so that they are told beside the schema's
   * own.
   */
  checkSettings(raw: unknown): readonly SettingFault[];
  /** Faults in what one run asks for, by its place in the request. */
  checkRequest(request: PlanOverrides): readonly Problem[];
  plan(input: PlanInput<P>): Plan;
  /** The most that its Job may write on the disk of a node, MiB. */
  diskMiB(profile: P): number;
  /** What a rendered Plan must not do; empty when all is well. */
  checkRendered(plan: Plan): readonly Problem[];
}
