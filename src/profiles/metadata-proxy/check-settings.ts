// Checks a profile's raw settings for what its schema cannot tell, whatever their shape.
import type { Problem } from '../../errors/errors.ts';
import { deadlineProblems } from '../check-deadline.ts';
import type { PlanOverrides, SettingFault } from '../profile-kind.ts';

/**
 * A Pod's containers share 12 KiB of last words in equal parts. Two limits make six containers: upstream, two proxies, two
 * loads and the last look. With a third there would be eight, and a load's report would not fit into its part.
 */
const MOST_LIMITS_ON_CLUSTER = 2;

type Fields = Readonly<Record<string, unknown>>;

/** Every fault that takes more than one setting to see; takes any value, and is silent about what the schema tells. */
export function checkSettings(raw: unknown): readonly SettingFault[] {
  const profile = fieldsOf(raw);
  const settings = fieldsOf(profile['metadataProxy']);
  const limits = Array.isArray(settings['limits']) ? settings['limits'].map(fieldsOf) : [];
  return [
    ...limits.flatMap((limit, index) => limitFaults({ limit, before: limits.slice(0, index), index })),
    ...tooManyFaults({ limits, onHostOnly: profile['requires'] === 'host' }),
  ];
}

/** Faults in what one run asks for. */
export function checkRequest(request: PlanOverrides): readonly Problem[] {
  const problems = [...deadlineProblems(request)];
  if (request.gitRemote !== undefined) {
    const hint = 'Leave --git-remote out, or choose a profile of the kind k3s-real-deps';
    problems.push({ path: 'gitRemote', message: 'is for profiles that clone a repository', hint });
  }
  return problems;
}

function limitFaults(input: {
  readonly limit: Fields;
  readonly before: readonly Fields[];
  readonly index: number;
}): readonly SettingFault[] {
  const { limit, before, index } = input;
  const at = ['metadataProxy', 'limits', index];
  const { cpuMillicores, memoryMiB, requests, concurrency } = limit;
  const faults: SettingFault[] = [];
  const isTwin = before.some((other) => other['cpuMillicores'] === cpuMillicores && other['memoryMiB'] === memoryMiB);
  if (isTwin && cpuMillicores !== undefined && memoryMiB !== undefined) {
    const hint = 'Keep each pair of cpuMillicores and memoryMiB once';
    faults.push({ path: at, message: 'has the limits of an earlier entry', hint });
  }
  if (typeof requests === 'number' && typeof concurrency === 'number' && concurrency > requests) {
    const hint = `Give at most ${requests}, or more requests`;
    faults.push({ path: [...at, 'concurrency'], value: concurrency, message: 'is more than the requests', hint });
  }
  return faults;
}

function tooManyFaults(input: {
  readonly limits: readonly Fields[];
  readonly onHostOnly: boolean;
}): readonly SettingFault[] {
  const { limits, onHostOnly } = input;
  if (onHostOnly || limits.length <= MOST_LIMITS_ON_CLUSTER) return [];
  return [
    {
      path: ['metadataProxy', 'limits'],
      message: `has more than ${MOST_LIMITS_ON_CLUSTER} entries, and the reports of more loads do not fit into what a Pod can tell`,
      hint: 'Spread them over several profiles, or let the profile require a host',
    },
  ];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
