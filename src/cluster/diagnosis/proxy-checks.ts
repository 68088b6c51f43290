// Whether the proxy's Service is there with its port, and one ready Pod behind it.
import type { PlannedProxy } from '../../plan/plan.ts';
import type { Check } from '../cluster.ts';
import { type KubePod, trueCondition } from '../kubernetes/kube-objects.ts';
import { type ApiAnswer, type ApiQuestion, isRefusedWith, objectOf, read, reasonOf } from './ask-api.ts';
import { well, wrong } from './check.ts';

interface Service {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly port: number }[];
  };
}

interface Pods {
  readonly items?: readonly KubePod[];
  readonly metadata?: { readonly continue?: string };
}

/** Of all Pods of the namespace: what the Service selects is only known with the answer. */
const MOST_PODS = '500';

export function proxyQuestions({
  service,
  namespace,
}: {
  readonly service: string;
  readonly namespace: string;
}): readonly ApiQuestion[] {
  return [
    read({ group: 'api/v1', names: ['namespaces', namespace, 'services', service] }),
    read({ group: 'api/v1', names: ['namespaces', namespace, 'pods'], query: { limit: MOST_PODS } }),
  ];
}

export function proxyChecks(input: {
  readonly proxy: PlannedProxy;
  readonly namespace: string;
  readonly kubectl: string;
  readonly answers: readonly ApiAnswer[];
}): readonly Check[] {
  const [service, pods] = input.answers;
  const found = objectOf<Service>(service);
  return [
    serviceCheck({ ...input, service }),
    ...(found === null ? [] : [podCheck({ ...input, selector: found.spec?.selector ?? {}, pods })]),
  ];
}

interface Where {
  readonly proxy: PlannedProxy;
  readonly namespace: string;
  readonly kubectl: string;
}

function serviceCheck({
  proxy,
  namespace,
  kubectl,
  service,
}: Where & { readonly service: ApiAnswer | undefined }): Check {
  const name = `proxy Service ${namespace}/${proxy.service}`;
  const found = objectOf<Service>(service);
  const setting = `proxyServices.${proxy.service}`;
  if (found === null) {
    if (!isRefusedWith(service, 404)) {
      return wrong({ name, detail: reasonOf(service), hint: 'Mend the rights first; they are checked above' });
    }
    const hint = `Name the Service that stands before the proxy: ${setting}.namespace and its name in sub2api.yaml. There are: ${kubectl} -n ${namespace} get services`;
    return wrong({ name, detail: 'is not there', hint });
  }
  const url = URL.parse(proxy.url);
  const port = Number(url?.port === '' ? 80 : url?.port);
  const ports = (found.spec?.ports ?? []).map((each) => each.port);
  if (ports.includes(port)) return well({ name, detail: `there, with port ${port}` });
  const detail = `has no port ${port}, only ${ports.join(', ') || 'none at all'}`;
  return wrong({ name, detail, hint: `Correct ${setting}.port in sub2api.yaml` });
}

function podCheck(
  input: Where & { readonly selector: Readonly<Record<string, string>>; readonly pods: ApiAnswer | undefined },
): Check {
  const { proxy, namespace, kubectl, selector, pods } = input;
  const name = 'a ready Pod behind it';
  const found = objectOf<Pods>(pods);
  if (found === null) {
    return wrong({ name, detail: reasonOf(pods), hint: 'Mend the rights first; they are checked above' });
  }
  const labels = Object.entries(selector);
  const behind = (found.items ?? []).filter(
    ({ metadata }) => labels.length > 0 && labels.every(([key, value]) => metadata?.labels?.[key] === value),
  );
  const ready = behind
    .filter(
      ({ metadata, status }) =>
        trueCondition({ conditions: status?.conditions, type: 'Ready' }) !== undefined &&
        metadata?.deletionTimestamp === undefined,
    )
    .map(({ metadata }) => metadata?.name ?? '');
  const [first] = ready;
  if (first === undefined) {
    const detail =
      behind.length === 0 ? "none: the Service's selector matches no Pod" : `none of ${behind.length} is ready`;
    const hint = `See why, and bring the proxy up: ${kubectl} -n ${namespace} describe service ${proxy.service}; ${kubectl} -n ${namespace} get pods`;
    return wrong({ name, detail, hint });
  }
  if (ready.length === 1) return well({ name, detail: first });
  const hint = `Run one replica while measuring: the counters of ${ready.toSorted()[0] ?? first} alone are read, and clients are spread over all`;
  return wrong({ name, detail: `${ready.length} are ready: ${ready.join(', ')}`, hint });
}
