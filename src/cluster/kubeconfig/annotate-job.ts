// Writes evidence onto a Job, under a field manager of its own, so that applying the Job again leaves it alone.
import { InvalidInputError } from '../../errors/errors.ts';
import type { KubeApi } from './kube-client.ts';
import { type JobName, getJob, jobPath } from './read-job.ts';

const EVIDENCE_MANAGER = 'proxybench-evidence';

/** Merges key by key, so that of several who write at once none is lost. @throws InvalidInputError without a Job */
export async function annotateJob(
  input: JobName & { readonly client: KubeApi; readonly annotations: Readonly<Record<string, string>> },
): Promise<void> {
  const { client, annotations } = input;
  const job = await getJob(input);
  const answer =
    job === null
      ? { code: 404 }
      : await client.json({
          method: 'PATCH',
          path: jobPath(input),
          query: { fieldManager: EVIDENCE_MANAGER },
          body: { metadata: { annotations } },
          what: `annotate Job ${input.namespace}/${input.jobName}`,
          tolerated: [404],
        });
  if (answer.code < 400) return;
  const hint = 'Nothing was made under this name; there is nothing to write on.';
  throw new InvalidInputError([
    { path: 'jobName', value: input.jobName, message: 'there is no Job to annotate', hint },
  ]);
}
