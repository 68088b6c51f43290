// When a companion is given up, the same wherever it runs.

/** One that has ended so often before it was ever ready will not be. */
export const MOST_ENDS_BEFORE_READY = 3;
