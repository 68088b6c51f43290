// The memory limit that a stage's container was given, read back from what was rendered.
import type { Plan } from '../../plan/plan.ts';

/** As Kubernetes writes it: `2048Mi`. Undefined where the plan has no Job, or its Job no such limit. */
export function memoryLimitOf(input: {
  readonly plan: Pick<Plan, 'objects'>;
  readonly stage: string;
}): string | undefined {
  const job = input.plan.objects.find(({ kind }) => kind === 'Job');
  const pod = fieldOf(fieldOf(job?.spec, 'template'), 'spec');
  const containers = ['initContainers', 'containers'].flatMap((group) => {
    const listed = fieldOf(pod, group);
    return Array.isArray(listed) ? (listed as readonly unknown[]) : [];
  });
  const container = containers.find((each) => fieldOf(each, 'name') === input.stage);
  const memory = fieldOf(fieldOf(fieldOf(container, 'resources'), 'limits'), 'memory');
  return typeof memory === 'string' ? memory : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;
}
