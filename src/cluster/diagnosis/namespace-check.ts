// Whether a namespace exists, also for a user who may not read namespaces.
import type { Check } from '../cluster.ts';
import { type ApiAnswer, type ApiQuestion, isRefusedWith, objectOf, read, reasonOf } from './ask-api.ts';
import { well, wrong } from './check.ts';

export function namespaceQuestion({ namespace }: { readonly namespace: string }): ApiQuestion {
  return read({ group: 'api/v1', names: ['namespaces', namespace] });
}

/** Asks what would come of making something there, which is never made. */
export function trialQuestion({ namespace }: { readonly namespace: string }): ApiQuestion {
  const { path } = read({
    group: 'api/v1',
    names: ['namespaces', namespace, 'configmaps'],
    query: { dryRun: 'All' },
  });
  return { method: 'POST', path, body: { metadata: { generateName: 'proxybench-doctor-' } } };
}

/**
 * `answers`: to the namespace's question, and to the trial where it was made. `setting`: where the namespace stands in the
 * configuration.
 */
export function namespaceCheck(input: {
  readonly namespace: string;
  readonly setting: string;
  readonly kubectl: string;
  readonly answers: readonly (ApiAnswer | undefined)[];
}): Check {
  const { namespace, setting, kubectl, answers } = input;
  const name = `namespace ${namespace}`;
  const [itself, trial] = answers;
  const mend = `Correct ${setting} in sub2api.yaml, or: ${kubectl} create namespace ${namespace}`;
  const found = objectOf<{ readonly status?: { readonly phase?: string } }>(itself);
  const phase = found?.status?.phase ?? 'Active';
  if (phase !== 'Active') {
    const hint = 'Wait until it is gone, and make it again; nothing new can be made in it';
    return wrong({ name, detail: `is ${phase}`, hint });
  }
  if (isRefusedWith(itself, 404) || isRefusedWith(trial, 404))
    return wrong({ name, detail: 'is not there', hint: mend });
  if (found !== null || objectOf(trial) !== null) return well({ name, detail: 'there' });
  const detail = `cannot be seen: ${reasonOf(trial)}`;
  return wrong({ name, detail, hint: `See as an administrator: ${kubectl} get namespace ${namespace}. ${mend}` });
}
