// What kubelets of many versions say about image pulls, as facts.
import type { PullFacts } from '../../evidence/transition.ts';
import { parseGoDuration } from './go-duration.ts';
import type { KubeEvent } from './kube-objects.ts';

/** One sentence of a kubelet about a pull. `hint`: a failure that another event tells better. */
export type PullNews =
  | { readonly kind: 'pulling'; readonly image: string }
  | { readonly kind: 'pulled' | 'present'; readonly image: string; readonly facts: PullFacts }
  | { readonly kind: 'failed'; readonly reason: string; readonly hint: boolean };

/** Longest reason that is kept, in characters. */
export const MOST_REASON = 300;

/** Reasons with which a container waits although its image will never come by waiting alone. */
export const PULL_FAILURE_REASONS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

const DURATION = '([0-9][0-9a-zµμ.]*s)';
const PULLED = new RegExp(
  `^Successfully pulled image "([^"]*)"(?: in ${DURATION})?(?: \\(${DURATION} including waiting\\))?(?:\\. Image size: (\\d+) bytes)?`,
);
const COMBINED = /^\(combined from similar events\): /;

/** What the event tells of a pull; null when it is about something else. */
export function readPullNews(event: KubeEvent): PullNews | null {
  const message = (event.message ?? '').replace(COMBINED, '');
  switch (event.reason) {
    case 'Pulling': {
      const image = /^Pulling image "([^"]*)"/i.exec(message)?.[1];
      return image === undefined ? null : { kind: 'pulling', image };
    }
    case 'Pulled':
      return readPulled(message);
    case 'Failed':
      if (/^Failed to pull image/i.test(message)) return failed({ reason: withoutWrapping(message) });
      return PULL_FAILURE_REASONS.has(/^Error: (\w+)/.exec(message)?.[1] ?? '')
        ? failed({ reason: message.replace(/^Error: /, ''), hint: true })
        : null;
    case 'InspectFailed':
    case 'ErrImageNeverPull':
      return failed({ reason: `${event.reason}: ${message}` });
    default:
      return null;
  }
}

function readPulled(message: string): PullNews | null {
  const present = /^Container image "([^"]*)" already present on machine/i.exec(message)?.[1];
  if (present !== undefined) {
    const facts: PullFacts = { mode: 'present', durationMs: null, durationWithQueueMs: null, sizeBytes: null };
    return { kind: 'present', image: present, facts };
  }
  const pulled = PULLED.exec(message);
  if (pulled === null) return null;
  const [, image = '', first, second, size] = pulled;
  const firstMs = first === undefined ? null : parseGoDuration(first);
  const secondMs = second === undefined ? null : parseGoDuration(second);
  return {
    kind: 'pulled',
    image,
    facts: {
      mode: 'pulled',
      // A kubelet that gives one duration counts the wait in the queue into it.
      durationMs: second === undefined ? null : firstMs,
      durationWithQueueMs: second === undefined ? firstMs : secondMs,
      sizeBytes: size === undefined ? null : Number(size),
    },
  };
}

/** What each layer on the way says before it hands on what the one below said: the image's name, over and over. */
const WRAPPING =
  /^(?:Failed to pull image "[^"]*"|rpc error: code = \w+ desc = (?=\S)|failed to pull and unpack image "[^"]*"|failed to resolve reference "[^"]*")(?:: )?/i;

/** The last layer's words, which are the ones that tell: `docker.io/library/alpine:3.99: not found`. */
function withoutWrapping(message: string): string {
  let words = message;
  for (let next = words.replace(WRAPPING, ''); next !== words && next !== ''; next = words.replace(WRAPPING, '')) {
    words = next;
  }
  return words;
}

function failed(input: { readonly reason: string; readonly hint?: boolean }): PullNews {
  return { kind: 'failed', reason: cutReason(input.reason), hint: input.hint ?? false };
}

/** The runtime's own words on one line, 300 characters at the most. */
export function cutReason(reason: string): string {
  const line = reason.replaceAll(/\s+/g, ' ').trim();
  return line.length > MOST_REASON ? `${line.slice(0, MOST_REASON - 1)}…` : line;
}
