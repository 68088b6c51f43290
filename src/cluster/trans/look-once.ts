// One direct look at a Job, for where no recorder has been looking, or before its last word is believed.
import { UnreachableError } from '../../errors/errors.ts';
import type { RunReference } from '../../plan/plan.ts';
import type { Look } from './merge-observations.ts';
import { remoteScript } from './remote-script.ts';
import type { Route } from './route.ts';

/** @throws UnreachableError */
export async function lookOnce(input: {
  readonly route: Route;
  readonly run: Pick<RunReference, 'jobName' | 'target'>;
  readonly signal: AbortSignal;
}): Promise<{ readonly look: Look; readonly nowMs: number }> {
  const { route, run, signal } = input;
  const { exitCode, output, said } = await route.call({
    purpose: 'look at the Job',
    script: remoteScript('spool', 'kubectl', 'api', 'look', 'look-once'),
    args: ['no-run', run.target.namespace, run.jobName, run.target.node.toLowerCase()],
    timeoutMs: 15_000,
    signal,
  });
  if (exitCode !== 0) {
    throw new UnreachableError(
      `The Job cannot be looked at on ${route.name}: ${said.trim() || `code ${exitCode}`}`,
      `Try \`trans ${route.name} sh -- kubectl get jobs\` where the worker runs`,
    );
  }
  const text = output.toString('utf8');
  const space = text.indexOf(' ');
  return { look: JSON.parse(text.slice(space + 1)) as Look, nowMs: Number(text.slice(0, space)) };
}
