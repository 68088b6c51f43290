// Writes a run's result onto its Job: the evidence that outlives Temporal and this program.
import { createHash } from 'node:crypto';
import { annotationBytes, encodeAnnotations } from '../evidence/annotation.ts';
import { summaryOf } from '../evidence/result-summary.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

export function createAnnotate(deps: ActivityDeps): Activities['annotate'] {
  return async ({ result }) => {
    const digest = createHash('sha256').update(JSON.stringify(result)).digest('hex');
    const annotations = encodeAnnotations({ summary: summaryOf(result), digest });
    const { target, jobName } = result.plan;
    await deps.openCluster({ connection: target.connection }).annotate({
      namespace: target.namespace,
      jobName,
      annotations,
    });
    return { bytes: annotationBytes(annotations) };
  };
}
