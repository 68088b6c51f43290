// A durable timer for each running stage; an image-pull stage has one for each pull.
import { CancellationScope, Trigger, isCancellation, sleep } from '@temporalio/workflow';
import type { Transition } from '../evidence/transition.ts';
import type { Ending } from '../evidence/verdict.ts';
import { type Plan, type RunReference, type Stage, referenceOf } from '../plan/plan.ts';
import { endedInTime } from './look-again.ts';

/** Most of a stage's deadline that late news of its start may take off. */
const LARGEST_CUT_SHARE = 0.1;

/** Timers of the stages that are running. Make it in the scope whose end should end the timers. */
export class StageDeadlines {
  /** Resolves when a stage has outlived its deadline. */
  readonly passed = new Trigger<Ending>();
  readonly #stages: ReadonlyMap<string, Stage>;
  readonly #timers = new Map<string, CancellationScope>();

  readonly #run: RunReference;
  #quickestNewsMs: number | null = null;

  constructor(plan: Plan) {
    this.#run = referenceOf(plan);
    this.#stages = new Map(plan.stages.map((stage) => [stage.name, stage]));
  }

  /**
   * The server's clock minus the target's, and the little that the quickest news took: what is later than that is delay,
   * however far the two clocks are apart. 0 before any news, milliseconds.
   */
  get clockApartMs(): number {
    return this.#quickestNewsMs ?? 0;
  }

  /** Starts and ends timers as stages start and end. */
  follow(transitions: readonly Transition[]): void {
    for (const { atMs } of transitions) {
      const tookMs = Date.now() - atMs;
      this.#quickestNewsMs = Math.min(this.#quickestNewsMs ?? tookMs, tookMs);
    }
    for (const transition of transitions) {
      const stage = transition.stage === null ? undefined : this.#stages.get(transition.stage);
      if (stage === undefined) continue;
      this.#timers.get(stage.name)?.cancel();
      this.#timers.delete(stage.name);
      if (transition.phase === 'started') this.#start(stage, transition.atMs);
    }
  }

  #start(stage: Stage, startedAtMs: number): void {
    const lateMs = Date.now() - startedAtMs - this.clockApartMs;
    const scope = new CancellationScope();
    this.#timers.set(stage.name, scope);
    const { name, deadlineMs } = stage;
    const delayMs = Math.min(lateMs, deadlineMs * LARGEST_CUT_SHARE);
    scope
      .run(async () => {
        await sleep(Math.max(1, deadlineMs - delayMs), { summary: `deadline of ${name}` });
        // If so, the news is on its way, and with it what comes next.
        if (await endedInTime({ run: this.#run, stage: name, limitMs: deadlineMs })) return;
        this.passed.resolve({ by: 'deadline', scope: 'stage', stage: name, deadlineMs });
      })
      .catch((thrown: unknown) => {
        if (!isCancellation(thrown)) this.passed.reject(thrown);
      });
  }
}
