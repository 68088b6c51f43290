// A durable timer for each running stage; an image-pull stage has one for each pull.
import { CancellationScope, Trigger, isCancellation, sleep } from '@temporalio/workflow';
import type { Ending, Transition } from '../evidence/evidence.ts';
import { type Plan, type RunReference, type Stage, referenceOf } from '../plan/plan.ts';
import { endedInTime } from './look-again.ts';

/**
 * Longest delay between a transition and the news of it that is taken off the stage's deadline. A larger one says
 * more about the target's clock than about the news.
 */
const TRUSTED_DELAY_MS = 60_000;

/** Timers of the stages that are running. Make it in the scope whose end should end the timers. */
export class StageDeadlines {
  /** Resolves when a stage has outlived its deadline. */
  readonly passed = new Trigger<Ending>();
  readonly #stages: ReadonlyMap<string, Stage>;
  readonly #timers = new Map<string, CancellationScope>();

  readonly #run: RunReference;

  constructor(plan: Plan) {
    this.#run = referenceOf(plan);
    this.#stages = new Map(plan.stages.map((stage) => [stage.name, stage]));
  }

  /** Starts and ends timers as stages start and end. */
  follow(transitions: readonly Transition[]): void {
    for (const transition of transitions) {
      const stage = transition.stage === null ? undefined : this.#stages.get(transition.stage);
      if (stage === undefined) continue;
      this.#timers.get(stage.name)?.cancel();
      this.#timers.delete(stage.name);
      if (transition.phase === 'started') this.#start(stage, transition.atMs);
    }
  }

  #start(stage: Stage, startedAtMs: number): void {
    const delayMs = Math.min(Math.max(0, Date.now() - startedAtMs), TRUSTED_DELAY_MS);
    const scope = new CancellationScope();
    this.#timers.set(stage.name, scope);
    const { name, deadlineMs } = stage;
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
