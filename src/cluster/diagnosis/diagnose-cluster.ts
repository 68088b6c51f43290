// What `doctor` finds out about a cluster by asking its API server, whichever way that one is reached.
import type { PlannedProxy, PlannedTarget } from '../../plan/plan.ts';
import type { Check } from '../cluster.ts';
import { type AskApi, isRefusedWith } from './ask-api.ts';
import { timedChecks } from './check.ts';
import { pullEventsCheck, pullEventsQuestion } from './event-check.ts';
import { namespaceCheck, namespaceQuestion, trialQuestion } from './namespace-check.ts';
import { nodeChecks, nodeQuestion } from './node-checks.ts';
import { proxyChecks, proxyQuestions } from './proxy-checks.ts';
import { checkRights } from './rights-checks.ts';

/** What a diagnosis is given; see `Cluster.diagnose`. */
export interface DiagnosisInput {
  readonly target: PlannedTarget;
  readonly proxy: PlannedProxy;
  readonly diskBytes?: number;
  readonly signal: AbortSignal;
}

/**
 * Rights, namespaces, the proxy's Service, the node and the form of events; two rounds of questions, side by side.
 * `kubectl`: how a person at a shell reaches the same cluster, for hints.
 */
export async function diagnoseCluster(
  input: DiagnosisInput & { readonly ask: AskApi; readonly withinMs: number; readonly kubectl: string },
): Promise<readonly Check[]> {
  const { target, proxy, ask, withinMs, kubectl, signal } = input;
  const proxyNamespace = proxy.namespace ?? null;
  const byTrans = target.connection.reach === 'trans';
  const place = { jobNamespace: target.namespace, proxyNamespace, byTrans, kubectl };
  const hint = 'See whether the API server is slow or the way to it: the checks above tell';
  const [rights, objects] = await Promise.all([
    timedChecks({
      name: 'rights',
      withinMs,
      hint,
      signal,
      look: (bounded) => checkRights({ ask, place, signal: bounded }),
    }),
    timedChecks({
      name: 'namespace, proxy, node and events',
      withinMs,
      hint,
      signal,
      look: (bounded) => checkObjects({ ...input, signal: bounded }),
    }),
  ]);
  return [...rights, ...objects];
}

async function checkObjects(
  input: DiagnosisInput & { readonly ask: AskApi; readonly kubectl: string },
): Promise<readonly Check[]> {
  const { target, proxy, diskBytes, ask, kubectl, signal } = input;
  const { namespace, node, name: targetName, nodeAddresses = [] } = target;
  const parts = [
    {
      questions: [namespaceQuestion({ namespace }), trialQuestion({ namespace })],
      checks: (answers: Answers) => [
        namespaceCheck({ namespace, setting: `targets.${targetName}.namespace`, kubectl, answers }),
      ],
    },
    ...proxyParts({ proxy, jobNamespace: namespace, kubectl }),
    {
      questions: [nodeQuestion({ node })],
      checks: ([answer]: Answers) => nodeChecks({ node, targetName, nodeAddresses, diskBytes, kubectl, answer }),
    },
    {
      questions: [pullEventsQuestion({ namespace })],
      checks: ([answer]: Answers) => [pullEventsCheck({ namespace, node, targetName, answer })],
    },
  ];
  const answers = await ask({ questions: parts.flatMap(({ questions }) => questions), signal });
  let from = 0;
  return parts.flatMap(({ questions, checks }) => {
    const own = answers.slice(from, from + questions.length);
    from += questions.length;
    return checks(own);
  });
}

type Answers = Awaited<ReturnType<AskApi>>;

function proxyParts(input: { readonly proxy: PlannedProxy; readonly jobNamespace: string; readonly kubectl: string }) {
  const { proxy, jobNamespace, kubectl } = input;
  const { namespace, service } = proxy;
  if (namespace === undefined) return [];
  const setting = `proxyServices.${service}.namespace`;
  return [
    ...(namespace === jobNamespace
      ? []
      : [
          {
            questions: [namespaceQuestion({ namespace })],
            // Who may not read it learns from the Service's own check what he needs to know.
            checks: ([answer]: Answers) =>
              isRefusedWith(answer, 403) ? [] : [namespaceCheck({ namespace, setting, kubectl, answers: [answer] })],
          },
        ]),
    {
      questions: proxyQuestions({ service, namespace }),
      checks: (answers: Answers) => proxyChecks({ proxy, namespace, kubectl, answers }),
    },
  ];
}
