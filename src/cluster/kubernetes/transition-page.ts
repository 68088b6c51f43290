// What of a history a caller has not been told yet. The cursor lists what it has: `1;3f2a9c1e;0p.0P.0s`.
import type { Transition } from '../../evidence/transition.ts';
import type { TransitionPage } from '../cluster.ts';
import { podDeletedWhile } from './deleted-pod.ts';
import { CANNOT_BE_MADE } from './early-failure.ts';
import { type HistoryEntry, IMAGE_PULL, JOB_KEY, endKey, openKeys, readKey, sameThing } from './history-entry.ts';
import type { JobHistory } from './job-history.ts';

interface Told {
  /** Tag of the Pod that the keys are about; empty before there was one. */
  readonly pod: string;
  readonly keys: readonly string[];
}

const VERSION = '1';
const DEADLINE_EXCEEDED = 'DeadlineExceeded';

/**
 * The entries that `cursor` does not have (null: all of them), in the order of their times, and a cursor that has them.
 * Asking again from it repeats nothing; what becomes known late is told then. A cursor of about 150 bytes for five stages.
 */
export function pageAfter(input: { readonly history: JobHistory; readonly cursor: string | null }): TransitionPage {
  const { history } = input;
  const told = readCursor(input.cursor);
  const sawAnotherPod = told.pod !== '' && told.pod !== history.pod;
  if (sawAnotherPod) return pageWithoutPod({ history, told });
  const keys = new Set(told.keys.map(sameThing));
  const news = history.entries
    .filter(({ key }) => !keys.has(sameThing(key)))
    .map((entry) => namingDeletion({ entry, history }));
  return pageOf({ history, news, told: { pod: history.pod === '' ? told.pod : history.pod, keys: told.keys } });
}

/** The Pod that the cursor tells of is gone: what it left open is closed, and nothing of another Pod is told. */
function pageWithoutPod(input: { readonly history: JobHistory; readonly told: Told }): TransitionPage {
  const { history, told } = input;
  const replaced = history.pod !== '';
  if (history.job === 'lost' || (history.job === 'running' && !replaced)) return pageOf({ history, news: [], told });
  const passed = history.job === 'succeeded' && !replaced;
  const atMs = replaced ? (history.podCreatedAtMs ?? history.endedAtMs ?? 0) : (history.endedAtMs ?? 0);
  const open = openKeys(told.keys);
  const running =
    open.find((key) => readKey(key)?.code === 's') ?? told.keys.findLast((key) => readKey(key)?.code === 'x');
  const stage = running === undefined ? null : (history.stages[readKey(running)?.index ?? -1] ?? null);
  const isDeletion = replaced || (history.job === 'failed' && !(history.endReason ?? '').startsWith(DEADLINE_EXCEEDED));
  const reason = isDeletion ? podDeletedWhile(stage) : (history.endReason ?? '');
  const closing = open.map((key): HistoryEntry => {
    const read = readKey(key);
    const isPull = read?.code === 'p';
    const transition: Transition = {
      stage: isPull ? IMAGE_PULL : (history.stages[read?.index ?? -1] ?? ''),
      phase: passed ? 'finished' : 'failed',
      atMs,
      ...(isPull ? { image: history.images[read.index] ?? '' } : {}),
      ...(passed ? {} : { reason }),
    };
    return { key: endKey({ key, passed }), transition };
  });
  const last: HistoryEntry = {
    key: JOB_KEY,
    transition: { stage: null, phase: passed ? 'finished' : 'failed', atMs, ...(passed ? {} : { reason }) },
  };
  const news = told.keys.includes(JOB_KEY) ? [] : [...closing, last];
  const page = pageOf({ history, news, told });
  return replaced ? { ...page, job: 'failed' } : page;
}

/** A failed Job without a Pod, asked for from the beginning: all that can be said is that the Pod is gone. */
function namingDeletion(input: { readonly entry: HistoryEntry; readonly history: JobHistory }): HistoryEntry {
  const { entry, history } = input;
  const deleted =
    entry.key === JOB_KEY &&
    history.pod === '' &&
    history.job === 'failed' &&
    ![DEADLINE_EXCEEDED, CANNOT_BE_MADE].some((reason) => (history.endReason ?? '').startsWith(reason));
  return deleted ? { ...entry, transition: { ...entry.transition, reason: podDeletedWhile(null) } } : entry;
}

function pageOf(input: {
  readonly history: JobHistory;
  readonly news: readonly HistoryEntry[];
  readonly told: Told;
}): TransitionPage {
  const { history, news, told } = input;
  return {
    transitions: news.map(({ transition }) => transition),
    cursor: [VERSION, told.pod, [...told.keys, ...news.map(({ key }) => key)].join('.')].join(';'),
    job: history.job,
    clients: history.clients,
  };
}

/** A cursor of another form, an earlier version's, tells of nothing: repeating does less harm than skipping. */
function readCursor(cursor: string | null): Told {
  const [version, pod = '', keys = ''] = (cursor ?? '').split(';');
  if (version !== VERSION) return { pod: '', keys: [] };
  return { pod, keys: keys === '' ? [] : keys.split('.') };
}
