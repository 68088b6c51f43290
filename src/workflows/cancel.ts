// A request to end a run early, from a signal or from Temporal itself.

/** Why a run is being cancelled. */
export interface Cancel {
  readonly reason: string;
  /** Whether Temporal's own cancel asked: the workflow then ends as cancelled, not as completed. */
  readonly byTemporal: boolean;
}
