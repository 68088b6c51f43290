// One container's image pulls, put together from its Pod's events: begun, ended, and what is missing between.
import type { PullFacts } from '../../evidence/transition.ts';
import { momentsOf } from './event-moments.ts';
import type { KubeEvent } from './kube-objects.ts';
import { type Moment, latestOf } from './moment.ts';
import { type PullNews, readPullNews } from './pull-events.ts';

/** One pull. `end` is null while it goes on, or where nothing tells of its end. */
export interface Pull {
  /** Null where no event told of it. */
  readonly begin: Moment | null;
  readonly end: Moment | null;
  readonly facts?: PullFacts;
  /** Why it failed. */
  readonly failure?: string;
}

/** Pulls of one container beyond this say nothing more of a run, and would not fit into a cursor. */
const MOST_PULLS = 9;

interface Told {
  readonly news: PullNews;
  readonly moment: Moment;
}

/** The container that an event is about: `spec.initContainers{name}`; null for the Pod as a whole. */
export function containerOf(event: KubeEvent): string | null {
  return /^spec\.(?:initContainers|containers)\{(.+)\}$/.exec(event.involvedObject?.fieldPath ?? '')?.[1] ?? null;
}

/** The container's pulls in order. `events` are those of its Pod alone. */
export function pullsOf(input: { readonly events: readonly KubeEvent[]; readonly container: string }): readonly Pull[] {
  const told = withoutHints(
    input.events
      .filter((event) => containerOf(event) === input.container)
      .flatMap((event): readonly Told[] => {
        const news = readPullNews(event);
        return news === null ? [] : momentsOf(event).map((moment) => ({ news, moment }));
      }),
  ).toSorted((a, b) => a.moment.atMs - b.moment.atMs);
  const begins = told.filter(({ news }) => news.kind === 'pulling').map(({ moment }) => moment);
  const pulls: Pull[] = [];
  let next = 0;
  for (const end of told.filter(({ news }) => news.kind !== 'pulling')) {
    const begin = begins[next];
    if (end.news.kind === 'present' || begin === undefined || begin.atMs > latestOf(end.moment)) {
      pulls.push({ begin: beginBefore(end), ...ended(end) });
      continue;
    }
    // Begun again before this end for certain: nothing told of the end in between.
    for (let after = begins[next + 1]; after !== undefined && latestOf(after) <= end.moment.atMs; ) {
      pulls.push({ begin: begins[next] ?? null, end: null });
      next += 1;
      after = begins[next + 1];
    }
    pulls.push({ begin: begins[next] ?? null, ...ended(end) });
    next += 1;
  }
  pulls.push(...begins.slice(next).map((begin) => ({ begin, end: null })));
  return pulls.slice(0, MOST_PULLS);
}

/** The kubelet tells of one failure twice, first in the runtime's words and then in one word. */
function withoutHints(told: readonly Told[]): readonly Told[] {
  const inWords = told.some(({ news }) => news.kind === 'failed' && !news.hint);
  return inWords ? told.filter(({ news }) => news.kind !== 'failed' || !news.hint) : told;
}

function ended(input: { readonly news: PullNews; readonly moment: Moment }): Omit<Pull, 'begin'> & { end: Moment } {
  const { news, moment } = input;
  if (news.kind === 'failed') return { end: moment, failure: news.reason };
  return news.kind === 'pulling' ? { end: moment } : { end: moment, facts: news.facts };
}

/** Where the begin was not told: an image that was there took no time, a pull as long as the runtime says. */
function beginBefore({ news, moment }: Told): Moment | null {
  if (news.kind === 'present') return moment;
  if (news.kind !== 'pulled') return null;
  const lastedMs = news.facts.durationWithQueueMs ?? news.facts.durationMs;
  return lastedMs === null ? null : { atMs: moment.atMs - lastedMs, sharp: moment.sharp };
}
