// The end of a stage's log, straight from the kubelet, or what a stop has kept of it.
import type { LogTail } from '../cluster.ts';
import { InvalidInputError, UnreachableError, messageOf } from '../../errors/errors.ts';
import { utf8Tail } from '../host/utf8-tail.ts';
import { stoppedRecordOf } from '../kubernetes/job-end.ts';
import type { KubeJob, KubePod } from '../kubernetes/kube-objects.ts';
import { timeOf } from '../kubernetes/kube-objects.ts';
import { type KubeApi, apiPath } from './kube-client.ts';
import { type JobName, getJob, listPods } from './read-job.ts';

/** A log comes at once; one that stops coming for this long is asked for again. Milliseconds. */
const QUIET_MS = 5_000;
const MOST_TRIES = 3;

const EMPTY: LogTail = { text: '', truncated: false };

/** At most `maxBytes`, cut between characters. Empty when the stage has not begun or nothing was kept of it. */
export async function readStageLog(
  input: JobName & { readonly client: KubeApi; readonly stage: string; readonly maxBytes: number },
): Promise<LogTail> {
  const { client, stage, maxBytes } = input;
  const job = await getJob(input);
  if (job === null) return EMPTY;
  const pod = oldest(await listPods({ client, job }));
  const live = pod === undefined ? null : await readPodLog({ client, pod, stage, maxBytes });
  return live ?? keptLog({ job, stage, maxBytes });
}

/**
 * Of the container of one Pod; null when there is no log of it to be had, yet or any more.
 * @throws UnreachableError when the log stops coming again and again
 */
export async function readPodLog(input: PodLogInput): Promise<LogTail | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await readOnce(input);
    } catch (thrown) {
      if (thrown instanceof UnreachableError || thrown instanceof InvalidInputError) throw thrown;
      if (tries < MOST_TRIES) continue;
      const { namespace = '', name = '' } = input.pod.metadata ?? {};
      throw new UnreachableError(
        `the log of Pod ${namespace}/${name} stops coming: ${messageOf(thrown)}`,
        'Check that its node is ready; try again',
        { cause: thrown },
      );
    }
  }
}

interface PodLogInput {
  readonly client: KubeApi;
  readonly pod: KubePod;
  readonly stage: string;
  readonly maxBytes: number;
}

async function readOnce(input: PodLogInput): Promise<LogTail | null> {
  const { client, stage, maxBytes } = input;
  const { namespace = '', name = '' } = input.pod.metadata ?? {};
  const { code, body } = await client.stream({
    request: {
      path: apiPath('api/v1', namespace, 'pods', name, 'log'),
      // A line has a byte at least: no more of them can be within the bound, and one more tells that there are.
      query: { container: stage, tailLines: String(Math.max(0, maxBytes) + 1) },
      what: `read the log of Pod ${namespace}/${name}`,
      // 400: the container has not begun.
      tolerated: [400, 404],
    },
    quietMs: QUIET_MS,
  });
  if (code >= 400) {
    body.resume();
    return null;
  }
  const end = new ByteTail(maxBytes);
  for await (const chunk of body) end.add(chunk as Buffer);
  const { text, cut } = utf8Tail({ bytes: end.bytes(), maxBytes });
  return { text, truncated: cut || end.dropped };
}

/** The last bytes of a stream, in bounded memory. */
class ByteTail {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  dropped = false;

  constructor(maxBytes: number) {
    // Three more, so that a character that begins before the bound is seen to do so.
    this.#maxBytes = Math.max(0, maxBytes) + 3;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (let first = this.#chunks[0]; first !== undefined && this.#bytes - first.length >= this.#maxBytes; ) {
      this.#chunks.shift();
      this.#bytes -= first.length;
      this.dropped = true;
      first = this.#chunks[0];
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

function keptLog(input: { readonly job: KubeJob; readonly stage: string; readonly maxBytes: number }): LogTail {
  const log = stoppedRecordOf(input.job)?.log ?? null;
  if (log === null || log.stage !== input.stage) return EMPTY;
  const { text, cut } = utf8Tail({ bytes: Buffer.from(log.text), maxBytes: input.maxBytes });
  return { text, truncated: cut || log.truncated };
}

function oldest(pods: readonly KubePod[]): KubePod | undefined {
  const made = ({ metadata }: KubePod): number => timeOf(metadata?.creationTimestamp) ?? 0;
  return pods.toSorted((a, b) => made(a) - made(b))[0];
}
