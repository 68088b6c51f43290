// Whether the kubelet tells of image pulls in a form that this program understands, judged by what it has told lately.
import type { Check } from '../cluster.ts';
import { momentsOf } from '../kubernetes/event-moments.ts';
import type { KubeEvent } from '../kubernetes/kube-objects.ts';
import { type PullNews, readPullNews } from '../kubernetes/pull-events.ts';
import { type ApiAnswer, type ApiQuestion, objectOf, read, reasonOf } from './ask-api.ts';
import { well, wrong } from './check.ts';

const MOST_EVENTS = '100';

export function pullEventsQuestion({ namespace }: { readonly namespace: string }): ApiQuestion {
  return read({
    group: 'api/v1',
    names: ['namespaces', namespace, 'events'],
    query: { fieldSelector: 'involvedObject.kind=Pod,reason=Pulled', limit: MOST_EVENTS },
  });
}

/** An event as the kubelet of one node wrote it. */
type NodeEvent = KubeEvent & { readonly source?: { readonly host?: string } };

export function pullEventsCheck(input: {
  readonly namespace: string;
  readonly node: string;
  readonly targetName: string;
  readonly answer: ApiAnswer | undefined;
}): Check {
  const { namespace, node, targetName, answer } = input;
  const name = 'events of image pulls';
  const list = objectOf<{ readonly items?: readonly NodeEvent[] }>(answer);
  if (list === null) {
    const hint = 'Grant get, list and watch on events: without them no pull has a row of its own';
    return wrong({ name, detail: reasonOf(answer), hint });
  }
  const events = (list.items ?? []).filter(
    ({ source }) => source?.host === undefined || source.host === node.toLowerCase(),
  );
  const told = events.map((event) => ({ event, news: readPullNews(event) }));
  const newest = told.findLast(({ news }) => news?.kind === 'pulled');
  if (newest !== undefined) return pulledCheck({ name, event: newest.event, news: newest.news });
  const strange = told.find(({ news }) => news === null);
  if (strange !== undefined) {
    const detail = `not understood: ${(strange.event.message ?? '').slice(0, 120)}`;
    return wrong({ name, detail, hint: NO_ROWS, advisory: true });
  }
  const said = told.length > 0 ? 'only of images that were there already' : 'none of late';
  return well({ name, detail: `${said} in ${namespace}; make some: doctor ${targetName} --transfer` });
}

const NO_ROWS =
  'Report the kubelet’s version and this text: until it is understood, image pulls have no rows of their own and count as one stage';

function pulledCheck(input: {
  readonly name: string;
  readonly event: KubeEvent;
  readonly news: PullNews | null;
}): Check {
  const { name, event, news } = input;
  const facts = news?.kind === 'pulled' ? news.facts : undefined;
  const [moment] = momentsOf(event);
  const lacks = [
    ...(facts?.durationMs === null && facts.durationWithQueueMs === null ? ['no duration'] : []),
    ...(facts?.durationMs === null && facts.durationWithQueueMs !== null
      ? ['one duration, with the wait in the queue in it']
      : []),
    ...(facts?.sizeBytes === null ? ['no size'] : []),
    ...(moment?.sharp === true ? [] : ['stamps of whole seconds only']),
  ];
  if (lacks.length === 0) return well({ name, detail: 'both durations, the size and exact times' });
  const hint =
    'Nothing to mend: an older kubelet tells less. Image rows leave out what it does not tell, and are cut by whole seconds where times are not exact';
  return wrong({ name, detail: `the kubelet tells ${lacks.join('; ')}`, hint, advisory: true });
}
