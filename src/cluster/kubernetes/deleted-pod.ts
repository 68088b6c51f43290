// The words for a Pod that goes although nobody stopped its Job.

/** The words for a Pod that somebody deleted. */
export function podDeletedWhile(stage: string | null): string {
  return stage === null ? "the Job's Pod was deleted" : `the Job's Pod was deleted while ${stage} ran`;
}
