import { expect, test } from 'vitest';
import type { TemporalConnection } from '../../../src/temporal/connection.ts';
import { SEARCH_ATTRIBUTE_KEYS } from '../../../src/temporal/search-attribute-keys.ts';
import { ensureSearchAttributes } from '../../../src/temporal/search-attributes.ts';

const KEYWORD = 2;
const TEXT = 1;
const ALL = Object.fromEntries(SEARCH_ATTRIBUTE_KEYS.map(({ name }) => [name, KEYWORD]));

/**
 * Answers that a dev server never gives: another program's registration between look and call, a refusal, a registry
 * that takes its time. `lists` are the answers to one look after the other.
 */
function service(input: {
  readonly lists: readonly Record<string, number>[];
  readonly refusal?: string;
  readonly countFailures?: number;
}) {
  const calls: string[] = [];
  const lists = [...input.lists];
  let failures = input.countFailures ?? 0;
  const temporal = {
    namespace: 'bench',
    connection: {
      operatorService: {
        listSearchAttributes: async () => {
          calls.push('list');
          return { customAttributes: lists.shift() ?? {}, systemAttributes: {} };
        },
        addSearchAttributes: async (request: { readonly searchAttributes: Record<string, number> }) => {
          calls.push(`add ${Object.keys(request.searchAttributes).join(' ')}`);
          if (input.refusal !== undefined) throw new Error(input.refusal);
        },
      },
    },
    client: {
      workflow: {
        count: async () => {
          calls.push('count');
          failures -= 1;
          if (failures >= 0) throw new Error('no mapping yet');
        },
      },
    },
  } as unknown as TemporalConnection;
  return { temporal, calls };
}

test('only what is missing is registered, and it waits until a search with it succeeds', async () => {
  const { ProxybenchState: _missing, ...others } = ALL;
  const { temporal, calls } = service({ lists: [others], countFailures: 2 });
  expect(await ensureSearchAttributes({ temporal })).toEqual({ added: ['ProxybenchState'] });
  expect(calls).toEqual(['list', 'add ProxybenchState', 'count', 'count', 'count']);
});

test('another program that registers them first is as good as this one', async () => {
  const { temporal } = service({ lists: [{}, ALL], refusal: 'already exists' });
  expect((await ensureSearchAttributes({ temporal })).added).toEqual(Object.keys(ALL));
});

test('a service that does not allow it is told with the commands for one who may', async () => {
  const { ProxybenchState: _missing, ...others } = ALL;
  const { temporal } = service({ lists: [others, others], refusal: 'permission denied' });
  await expect(ensureSearchAttributes({ temporal })).rejects.toMatchObject({
    name: 'InfrastructureError',
    message:
      'Temporal does not let the search attributes be registered: permission denied. Have them registered: ' +
      'temporal operator search-attribute create --namespace bench --name ProxybenchState --type Keyword',
  });
});

test('a name that is taken with another type is told, and nothing is registered', async () => {
  const { temporal, calls } = service({ lists: [{ ...ALL, ProxybenchTarget: TEXT }] });
  await expect(ensureSearchAttributes({ temporal })).rejects.toThrow('ProxybenchTarget with a type other than KEYWORD');
  expect(calls).toEqual(['list']);
});
