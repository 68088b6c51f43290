// The checks of `doctor` for a cluster that is reached by a kubeconfig.
import { messageOf } from '../../errors/errors.ts';
import type { Check } from '../cluster.ts';
import type { ApiAnswer, ApiQuestion, AskApi } from '../diagnosis/ask-api.ts';
import { timedChecks, well, wrong } from '../diagnosis/check.ts';
import { clockCheck } from '../diagnosis/clock-check.ts';
import { type DiagnosisInput, diagnoseCluster } from '../diagnosis/diagnose-cluster.ts';
import type { KubeClient } from './kube-client.ts';
import { IN_CLUSTER } from './kube-config.ts';

const WITHIN_MS = 8_000;
/** Of one question, so that one that hangs leaves the others their time. */
const ANSWER_WITHIN_MS = 6_000;
const REFUSALS: readonly number[] = Array.from({ length: 200 }, (_, at) => 400 + at);

/** Without an API server its own failure is all there is to tell. */
export async function diagnoseByKubeconfig(
  input: DiagnosisInput & { readonly client: KubeClient },
): Promise<readonly Check[]> {
  const { client, target, signal } = input;
  const reach = await timedChecks({
    name: 'the API server answers',
    withinMs: WITHIN_MS,
    hint: `Check that the cluster runs and that the worker's machine reaches it: ${kubectlOf(client)} version`,
    signal,
    look: (bounded) => checkServer({ client, signal: bounded }),
  });
  if (reach.some(({ name, ok }) => name === 'the API server answers' && !ok)) {
    const name = 'what is behind it';
    const detail = `not looked at: rights, namespace ${target.namespace}, proxy Service, node ${target.node}, events`;
    return [...reach, wrong({ name, detail, hint: 'Mend the way to the API server first' })];
  }
  const ask = askerOf(client);
  return [...reach, ...(await diagnoseCluster({ ...input, ask, withinMs: WITHIN_MS, kubectl: kubectlOf(client) }))];
}

async function checkServer({
  client,
  signal,
}: {
  readonly client: KubeClient;
  readonly signal: AbortSignal;
}): Promise<readonly Check[]> {
  const startedAtMs = performance.now();
  const { body } = await client.json<{ readonly gitVersion?: string }>({
    path: '/version',
    what: 'read the version',
    signal,
  });
  const tookMs = Math.round(performance.now() - startedAtMs);
  const server = client.config().getCurrentCluster()?.server ?? '';
  const detail = `Kubernetes ${body.gitVersion ?? 'of unknown version'} at ${server}, in ${tookMs} ms`;
  return [
    well({ name: 'the API server answers', detail }),
    clockCheck({
      name: "the worker's clock",
      whose: "the worker's machine",
      against: "the API server's",
      offsetMs: Date.now() - client.nowMs(),
    }),
  ];
}

function askerOf(client: KubeClient): AskApi {
  return async ({ questions, signal }) => {
    const asked = questions.map((question) => askOne({ client, question, signal }));
    return await Promise.all(asked);
  };
}

async function askOne(input: {
  readonly client: KubeClient;
  readonly question: ApiQuestion;
  readonly signal: AbortSignal;
}): Promise<ApiAnswer> {
  const { client, question, signal } = input;
  const { method, path, body } = question;
  const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
  try {
    return await client.json({
      method,
      path,
      what: `answer ${method} ${path}`,
      tolerated: REFUSALS,
      signal: AbortSignal.any([signal, limit]),
      ...(body === undefined ? {} : { body }),
    });
  } catch (thrown) {
    signal.throwIfAborted();
    const why = limit.aborted ? `no answer within ${ANSWER_WITHIN_MS / 1000} s` : messageOf(thrown);
    return { problem: new Error(why) };
  }
}

function kubectlOf({ context }: KubeClient): string {
  return context === IN_CLUSTER ? 'kubectl' : `kubectl --context ${context}`;
}
