// What a target tells of a run's stages and pulls, by its own clock.

/** Something that happened to a stage or to the whole Job, by the target's own clock. */
export interface Transition {
  /** The stage's name, or null for the Job as a whole. */
  readonly stage: string | null;
  readonly phase: 'started' | 'finished' | 'failed';
  /** Milliseconds since the epoch, the target's clock. */
  readonly atMs: number;
  /** The image, for one pull of an `image-pull` stage. */
  readonly image?: string;
  readonly exitCode?: number;
  /** Why, in the target's words: `OOMKilled`, `exit code 1`, `supervisor vanished`. */
  readonly reason?: string;
  /** With the end of a stage: its start, where that is known more exactly by then than its `started` could tell. */
  readonly startedAtMs?: number;
  /** With the end of a pull that went well. */
  readonly pull?: PullFacts;
  /** With the end of a stage: what it said of itself, at most `MAX_REPORT_BYTES`; absent where it said nothing, or too much. */
  readonly report?: string;
}

/** What the container runtime tells of one finished pull. */
export interface PullFacts {
  /** `present`: the node had the image and asked nobody. */
  readonly mode: 'pulled' | 'present';
  /** The pull itself, as the runtime measured it; null where it did not tell. */
  readonly durationMs: number | null;
  /** The pull and its wait in the queue; null where it did not tell. */
  readonly durationWithQueueMs: number | null;
  /** Size of the image as the runtime reports it, which is not what went over the wire; null where it did not tell. */
  readonly sizeBytes: number | null;
}
