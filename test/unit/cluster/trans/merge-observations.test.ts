import { expect, test } from 'vitest';
import { type Look, NOTHING_SEEN, mergeLook } from '../../../../src/cluster/trans/merge-observations.ts';
import type { KubePod } from '../../../../src/cluster/kubernetes/kube-objects.ts';

const job = { metadata: { name: 'job', uid: 'job-1' } };
const pod = (uid: string, phase: string): KubePod => ({ metadata: { uid }, status: { phase } });
const event = (uid: string, message: string): Look['events'][number] => ({ metadata: { uid }, message });

function merge(...looks: readonly Partial<Look>[]) {
  return looks.reduce(
    (merged: typeof NOTHING_SEEN, look) =>
      mergeLook({ merged, look: { job, pods: [], events: [], node: null, ...look } }),
    NOTHING_SEEN,
  );
}

test('events outlive their expiry, each once and as it was last', () => {
  const { events } = merge({ events: [event('a', 'one'), event('b', 'two')] }, { events: [event('b', 'two (x2)')] });
  expect(events).toEqual([event('a', 'one'), event('b', 'two (x2)')]);
});

test('a finished Pod outlives its deletion, one that was taken away unfinished does not', () => {
  expect(merge({ pods: [pod('p', 'Succeeded')] }, {}).pods).toEqual([pod('p', 'Succeeded')]);
  expect(merge({ pods: [pod('p', 'Running')] }, {}).pods).toEqual([]);
});

test('another Job of the same name begins anew', () => {
  const seen = merge(
    { pods: [pod('p', 'Failed')], events: [event('a', 'one')] },
    { job: { metadata: { name: 'job', uid: 'job-2' } } },
  );
  expect(seen).toMatchObject({ pods: [], events: [] });
});

test('a node that was seen is not forgotten when it cannot be read', () => {
  const node = { metadata: { name: 'node' } };
  expect(merge({ node }, { node: null }).node).toEqual(node);
});
