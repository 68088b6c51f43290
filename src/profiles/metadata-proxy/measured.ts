// What was measured under each set of limits: the load's own report beside what was read of the proxy.
import type { CompanionEvidence } from '../../evidence/companion-model.ts';
import type { Evidence, StageEvidence } from '../../evidence/evidence.ts';
import { parseLoadReport } from '../../load/load-report.ts';
import type { LoadReport } from '../../load/load-report.ts';
import type { CompanionLimits, Plan, PlannedLoad } from '../../plan/plan.ts';
import { countedRequests } from './counted-requests.ts';
import { loadOfProxy, shownLimits } from './names.ts';
import { type Restarts, restartsOf } from './restarts.ts';

/** One set of limits. */
export interface Measured {
  /** `500m/25Mi` */
  readonly label: string;
  readonly limits: CompanionLimits;
  /** Name of the proxy, and of the load's stage. */
  readonly proxy: string;
  readonly load: string;
  /** What the load was asked to do; undefined where the plan does not say. */
  readonly asked: PlannedLoad | undefined;
  readonly stage: StageEvidence | undefined;
  /** Null where the load said nothing, or nothing that can be read. */
  readonly report: LoadReport | null;
  readonly companion: CompanionEvidence | undefined;
  readonly restarts: Restarts;
  /** What the proxy itself counted, see `countedRequests`. */
  readonly counted: number | null;
}

/** One for each proxy of the plan, in order, whatever came of it. */
export function measuredOf(input: { readonly plan: Plan; readonly evidence: Evidence }): readonly Measured[] {
  const { plan, evidence } = input;
  return (plan.companions ?? []).flatMap(({ name, limits }) => {
    const load = loadOfProxy(name);
    if (load === null || limits === undefined) return [];
    const stage = evidence.stages.find((each) => each.stage === load);
    const companion = evidence.companions?.find((each) => each.name === name);
    return [
      {
        label: shownLimits(limits),
        limits,
        proxy: name,
        load,
        asked: plan.stages.find((each) => each.name === load)?.load,
        stage,
        report: stage?.report === undefined ? null : parseLoadReport(stage.report),
        companion,
        restarts: restartsOf({ plan, companion }),
        counted: countedRequests({ companion, stage }),
      },
    ];
  });
}
