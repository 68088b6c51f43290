// `doctor --transfer`: a run of one known download, measured as runs are, and what it shows about the target.
import {
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  proxyActivities,
} from '@temporalio/workflow';
import type { Activities, Check, TransferRequest } from '../activities/contract.ts';
import { cutEvidence } from '../evidence/attribute.ts';
import { referenceOf } from '../plan/plan.ts';
import { hearCancels } from './cancel-requests.ts';
import { endedAtMs } from './ended-at.ts';
import { measure } from './measure.ts';
import { noting } from './noting.ts';
import { CLOSE, RENDER } from './policies.ts';
import { removeTraces } from './remove-traces.ts';
import { RunProgress } from './run-progress.ts';
import { transferChecks } from './transfer-checks.ts';

const { planTransfer } = proxyActivities<Activities>(RENDER);
const { collect } = proxyActivities<Activities>(CLOSE);

/** The stage whose last line says what was downloaded. */
const TRANSFER = 'transfer';

/**
 * Makes a short-lived Job, follows it, removes it whatever happens, and judges what the proxy saw. It holds the proxy
 * as a run does, so that neither spoils the other's figures.
 */
export async function probeTarget(input: TransferRequest): Promise<{ readonly checks: readonly Check[] }> {
  const { target, runId } = input;
  const progress = new RunProgress({ runId, target, profile: 'doctor' });
  const { cancelled, cancelByTemporal } = hearCancels({ progress });
  const { plan, diskBytes } = await planTransfer(input);
  progress.planned(plan);
  const run = referenceOf(plan);

  return await CancellationScope.nonCancellable(async () => {
    CancellationScope.current().cancelRequested.catch(cancelByTemporal);
    const problems: string[] = [];
    const { ending, series } = await measure({ plan, progress, cancelled, problems });
    const stage = progress.stageAtFault() ?? TRANSFER;
    const said = progress.jobApplied ? await noting(problems, () => collect({ run, stage })) : undefined;
    await removeTraces({ run, progress, problems });
    await condition(allHandlersFinished);
    if (progress.cancelReason !== null) throw new CancelledFailure(progress.cancelReason);
    const evidence = cutEvidence({
      plan,
      series,
      transitions: progress.transitions,
      endedAtMs: endedAtMs({ transitions: progress.transitions, series }),
      clients: progress.clients,
    });
    const checks = transferChecks({
      plan,
      ending,
      evidence,
      connections: series.connections,
      clients: progress.clients ?? { pod: [], node: [] },
      logLines: said?.logLines ?? [],
      problems,
      ...(diskBytes === undefined ? {} : { diskBytes }),
    });
    return { checks };
  });
}
