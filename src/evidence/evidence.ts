// What the proxy saw of a run: each stage's bytes, and whose they were.
import type { OmittedStage } from '../plan/plan.ts';
import type { CompanionEvidence } from './companion-model.ts';
import type { SamplingGap } from './sample-series.ts';

/** Addresses that the proxy may see a run's own clients under. */
export interface KnownClients {
  /** The Pods of the run. */
  readonly pod: readonly string[];
  /** The node: its container runtime pulls images from there. */
  readonly node: readonly string[];
}

/** Whose traffic it is: the run's Pod, its node, or somebody else's. */
export type ClientClass = 'pod' | 'node' | 'other';

/** A stretch of time in which a stage ran. An image-pull stage has one for each pull. `toMs` is open while it runs. */
export interface StageInterval {
  readonly stage: string;
  readonly fromMs: number;
  readonly toMs: number | null;
}

/** A client or destination and its share. */
export interface Talker {
  readonly name: string;
  readonly bytes: number;
  /** Of a client on a cluster; absent where nobody can tell. */
  readonly class?: ClientClass;
}

/** One pull of one image: what the runtime says of it beside what the proxy saw. */
export interface ImageEvidence {
  readonly image: string;
  readonly outcome: 'pulled' | 'present' | 'failed' | 'pulling';
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly durationMs: number | null;
  readonly durationWithQueueMs: number | null;
  readonly sizeBytes: number | null;
  /** Bytes of the node's connections that opened during the pull. */
  readonly proxyBytes: number;
  /** `proxyBytes` over the pull's own time. */
  readonly rateBytesPerSecond: number;
  readonly reason?: string;
}

/** Bytes that may be a stage's own although nobody can say so for certain. */
export interface PerhapsOwn {
  readonly bytes: number;
  /** Who moved most of them. */
  readonly topClient: Talker;
}

/** What the proxy saw of one stage. */
export interface StageEvidence {
  readonly stage: string;
  readonly state: 'passed' | 'failed' | 'running' | 'not-started';
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** Summed over the stage's intervals. */
  readonly durationMs: number;
  /** Both directions; `attributedBytes + unattributedBytes`. */
  readonly windowBytes: number;
  /** Bytes of connections that opened within the stage. */
  readonly attributedBytes: number;
  /** Bytes in the totals within the stage that no connection explains. */
  readonly unattributedBytes: number;
  /**
   * Unexplained bytes between two readings that lie only partly in the stage: the most that it may have moved beyond
   * `windowBytes`. Counted for every stage they touch, so never to be added up.
   */
  readonly contestedBytes: number;
  /**
   * What connections moved that are not counted as the stage's and yet may be, see `perhapsOwn`. As `contestedBytes`
   * never to be added up over stages.
   */
  readonly perhapsOwn?: PerhapsOwn;
  readonly rateBytesPerSecond: number;
  /** The run's total at the stage's end. */
  readonly cumulativeBytes: number;
  readonly topClient: Talker | null;
  readonly topDestination: Talker | null;
  /** Whether a sampling gap overlaps the stage. */
  readonly gap: boolean;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly note?: string;
  /** What the stage said of itself at its end, see `Transition`. */
  readonly report?: string;
}

/** All that a verdict is made from. */
export interface Evidence {
  readonly version: 1;
  readonly stages: readonly StageEvidence[];
  /** The proxy's own total between baseline and last reading, both directions. */
  readonly totalBytes: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  /** Bytes that connections opened within stages explain. */
  readonly attributedBytes: number;
  /** Bytes of connections opened outside every stage, or by a client that the stage does not have. */
  readonly outsideBytes: number;
  /** `totalBytes - attributedBytes - outsideBytes`. */
  readonly unattributedBytes: number;
  /** `attributedBytes / totalBytes`; 1 when nothing moved. */
  readonly attributedShare: number;
  /** Share of the run's time that lies outside gaps, 0 to 1. */
  readonly coverage: number;
  readonly gaps: readonly SamplingGap[];
  readonly largestGapMs: number;
  readonly proxyRestarts: number;
  readonly topClient: Talker | null;
  readonly topDestination: Talker | null;
  readonly omittedStages: readonly OmittedStage[];
  /** One row for each pull, in order; absent where no runtime pulls images. */
  readonly images?: readonly ImageEvidence[];
  /** Every client that moved bytes during the run, most bytes first; absent where their class is not known. */
  readonly clients?: readonly Talker[];
  /** What stages of earlier attempts moved, for a run whose image pulls were tried again; a part of `outsideBytes`. */
  readonly earlierAttemptsBytes?: number;
  /** Whether anything but the run moved bytes through the proxy during it: other clients, or its node for others. */
  readonly shared?: boolean;
  /** Why the Job as a whole failed, in the target's words, where it told. */
  readonly jobReason?: string;
  /** One for each companion of the plan, in its order; absent for a plan without. */
  readonly companions?: readonly CompanionEvidence[];
  /** Set for a run that read its own companions: then nothing was read at the proxy, and its bytes are unknown. */
  readonly sampled?: 'companions';
}
