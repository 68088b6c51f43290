// The annotations by which this program knows its own Jobs again; none of them is shown as the run's own.

/** Digest of what was rendered: another one is another Job. */
export const SPEC_HASH_ANNOTATION = 'proxybench.dev/spec-hash';
/** Who asked for the Job. */
export const OWNER_ANNOTATION = 'proxybench.dev/owner';
/** Which attempt at the image pull the Job is, from 1. */
export const ATTEMPT_ANNOTATION = 'proxybench.dev/attempt';
/** When it was asked for, milliseconds since the epoch: the cluster's own stamp has whole seconds. */
export const MADE_AT_ANNOTATION = 'proxybench.dev/made-at';
/** What was known of the Job when it was stopped. */
export const STOPPED_ANNOTATION = 'proxybench.dev/stopped';
/** The label that carries the run's id. */
export const RUN_LABEL = 'proxybench.dev/run';
/** Selects all that this program has made. */
export const MANAGED_BY_SELECTOR = 'app.kubernetes.io/managed-by=proxybench';

const BOOKKEEPING: readonly string[] = [
  SPEC_HASH_ANNOTATION,
  OWNER_ANNOTATION,
  ATTEMPT_ANNOTATION,
  MADE_AT_ANNOTATION,
  STOPPED_ANNOTATION,
];

/** The annotations that were written about the run, without what this program and the cluster keep for themselves. */
export function ownAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(annotations ?? {}).filter(
      ([key]) => !BOOKKEEPING.includes(key) && !/^[^/]*(kubernetes|k8s)\.io\//.test(key),
    ),
  );
}
