// What a run may be called: its id becomes a label, part of an object's name, and a directory.

const RUN_ID = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower-case letters, digits and inner dashes, 1 to 63 of them: what Kubernetes takes as a label. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}
