// What everything of a run is labelled with, whatever kind of run it is: by these it is listed and removed.

/** Labels of every object of a run. */
export function runLabels(input: {
  readonly runId: string;
  readonly target: string;
  readonly profile: string;
}): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': 'proxybench',
    'app.kubernetes.io/managed-by': 'proxybench',
    'proxybench.dev/run': input.runId,
    'proxybench.dev/target': input.target,
    'proxybench.dev/profile': input.profile,
  };
}
