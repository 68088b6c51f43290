// Whether this program may do on a cluster what it does there, verb by verb as the API server itself judges it.
import type { Check } from '../cluster.ts';
import {
  type AskedRight,
  NEEDED_ROLES,
  type NeededRight,
  type RoleOfRights,
  askedRights,
  resourceName,
} from '../kubernetes/needed-rights.ts';
import { type ApiAnswer, type ApiQuestion, type AskApi, objectOf, reasonOf } from './ask-api.ts';
import { well, wrong } from './check.ts';

/** Where the rights are wanted, and how a person says so to kubectl. */
export interface RightsPlace {
  readonly jobNamespace: string;
  /** Null for a proxy that is no Service. */
  readonly proxyNamespace: string | null;
  readonly byTrans: boolean;
  /** `kubectl`, with what leads it to this cluster. */
  readonly kubectl: string;
}

/** One check for each role, with the verbs that are missing. @throws UnreachableError */
export async function checkRights(input: {
  readonly ask: AskApi;
  readonly place: RightsPlace;
  readonly signal: AbortSignal;
}): Promise<readonly Check[]> {
  const { ask, place, signal } = input;
  const roles = NEEDED_ROLES.filter(
    ({ where, onlyByTrans = false, neverByTrans = false }) =>
      (where !== 'proxy' || place.proxyNamespace !== null) && (place.byTrans ? !neverByTrans : !onlyByTrans),
  );
  const asked = roles.map((role) => ({ role, rights: askedRights(role) }));
  const questions = asked.flatMap(({ role, rights }) =>
    rights.map((right) => accessReview({ right, namespace: namespaceOf({ role, place }) })),
  );
  const [self, ...answers] = await ask({ questions: [selfReview(), ...questions], signal });
  const user = objectOf<SelfReview>(self)?.status?.userInfo?.username;
  let from = 0;
  return asked.map(({ role, rights }) => {
    const own = answers.slice(from, from + rights.length);
    from += rights.length;
    return roleCheck({ role, rights, answers: own, place, user });
  });
}

interface SelfReview {
  readonly status?: { readonly userInfo?: { readonly username?: string } };
}

interface AccessReview {
  readonly status?: { readonly allowed?: boolean };
}

function accessReview(input: { readonly right: AskedRight; readonly namespace: string | null }): ApiQuestion {
  const { right, namespace } = input;
  const apiVersion = 'authorization.k8s.io/v1';
  const resourceAttributes = { ...right, ...(namespace === null ? {} : { namespace }) };
  const body = { apiVersion, kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  return { method: 'POST', path: `/apis/${apiVersion}/selfsubjectaccessreviews`, body };
}

function selfReview(): ApiQuestion {
  const apiVersion = 'authentication.k8s.io/v1';
  return {
    method: 'POST',
    path: `/apis/${apiVersion}/selfsubjectreviews`,
    body: { apiVersion, kind: 'SelfSubjectReview' },
  };
}

function namespaceOf({ role, place }: { readonly role: RoleOfRights; readonly place: RightsPlace }): string | null {
  if (role.where === 'cluster') return null;
  return role.where === 'jobs' ? place.jobNamespace : place.proxyNamespace;
}

function roleCheck(input: {
  readonly role: RoleOfRights;
  readonly rights: readonly AskedRight[];
  readonly answers: readonly ApiAnswer[];
  readonly place: RightsPlace;
  readonly user: string | undefined;
}): Check {
  const { role, rights, answers } = input;
  const namespace = namespaceOf(input);
  const name = `rights ${role.what}${namespace === null ? '' : ` in ${namespace}`}`;
  const { advisory } = role;
  const unasked = answers.find((answer) => objectOf(answer) === null);
  if (unasked !== undefined) {
    const hint = 'Ask an administrator: every user may ask for his own rights unless system:basic-user was taken away';
    return wrong({ name, detail: `cannot be asked for: ${reasonOf(unasked)}`, hint, advisory });
  }
  const missing = rights.filter((_, at) => objectOf<AccessReview>(answers[at])?.status?.allowed !== true);
  if (missing.length === 0) {
    return well({ name, detail: byResource(rights) });
  }
  const whose = input.user === undefined ? '' : `${input.user} `;
  return wrong({
    name,
    detail: `${whose}may not ${byResource(missing)}`,
    hint: grantHint({ ...input, namespace }),
    advisory,
  });
}

/** `get, list pods; get pods/log`. */
function byResource(rights: readonly AskedRight[]): string {
  const verbs = new Map<string, string[]>();
  for (const right of rights) {
    const resource = resourceName(right);
    verbs.set(resource, [...(verbs.get(resource) ?? []), right.verb]);
  }
  return [...verbs].map(([resource, names]) => `${names.join(', ')} ${resource}`).join('; ');
}

function grantHint(input: {
  readonly role: RoleOfRights;
  readonly place: RightsPlace;
  readonly user: string | undefined;
  readonly namespace: string | null;
}): string {
  const { role, place, user, namespace } = input;
  const subject = subjectFlag(user);
  const kind = namespace === null ? 'clusterrole' : 'role';
  const kubectl = namespace === null ? place.kubectl : `${place.kubectl} -n ${namespace}`;
  const bind = `${kubectl} create ${kind}binding ${role.name} --${kind}=${role.name} ${subject}`;
  if (role.file !== null && namespace !== null) {
    const without = role.advisory ? 'Runs go on without it. ' : '';
    return `${without}Apply the Role ${role.name} of ${role.file} in ${namespace}, and bind it: ${bind}`;
  }
  const create = `${kubectl} create ${kind} ${role.name} ${role.rights.map(grantFlags).join(' ')}`;
  const orFile = role.file === null ? 'Grant it' : `Runs go on without it. Grant it by ${role.file}, or`;
  return `${orFile}: ${create} && ${bind}`;
}

function grantFlags(right: NeededRight): string {
  return `--verb=${right.verbs.join(',')} --resource=${resourceName(right)}`;
}

function subjectFlag(user: string | undefined): string {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user ?? '');
  if (account !== null) return `--serviceaccount=${account[1]}:${account[2]}`;
  return `--user=${user === undefined || /^[\w:.@/-]+$/.test(user) ? (user ?? 'USER') : `'${user}'`}`;
}
