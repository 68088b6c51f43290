import { describe, expect, test } from 'vitest';
import { remoteApi } from '../../../../src/cluster/trans/remote-api.ts';
import type { Route } from '../../../../src/cluster/trans/route.ts';

const NO_RIGHT = { message: 'jobs is forbidden: User "one" cannot list resource "jobs" in API group "batch"' };
const REQUEST = { path: '/apis/batch/v1/jobs', what: 'list Jobs' };

/** Answers in turn; the last one for ever. `asked` counts. */
function scriptedRoute(answers: readonly { readonly code: number; readonly body: unknown }[]) {
  const seen = { asked: 0 };
  const route: Route = {
    name: 'far',
    call: () => {
      const { code, body } = answers[Math.min(seen.asked, answers.length - 1)] ?? { code: 500, body: {} };
      seen.asked += 1;
      const output = Buffer.from(`${code} ${Date.now()}\n${JSON.stringify(body)}`);
      return Promise.resolve({ exitCode: 0, output, said: '' });
    },
    callBare: () => Promise.reject(new Error('nobody asks for this')),
  };
  return { api: remoteApi(route), seen };
}

describe('an API server behind a route', () => {
  test('that does not know yet who may do what is asked again', async () => {
    const { api, seen } = scriptedRoute([
      { code: 403, body: NO_RIGHT },
      { code: 200, body: { items: [] } },
    ]);
    expect(await api.json(REQUEST)).toEqual({ code: 200, body: { items: [] } });
    expect(seen.asked).toBe(2);
  });

  test('and a right that goes on missing is told of with how to give it', async () => {
    const { api } = scriptedRoute([{ code: 403, body: NO_RIGHT }]);
    await expect(api.json({ ...REQUEST, patienceMs: 0 })).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining('Give the worker’s user this right'),
    });
  });

  test('is not asked again for what its rules refuse, whatever the rights', async () => {
    const { api, seen } = scriptedRoute([{ code: 403, body: { message: 'denied by an admission policy' } }]);
    await expect(api.json(REQUEST)).rejects.toMatchObject({ name: 'InvalidInputError' });
    expect(seen.asked).toBe(1);
  });

  test('whose refusal the caller deals with itself is asked once', async () => {
    const { api, seen } = scriptedRoute([{ code: 403, body: NO_RIGHT }]);
    expect((await api.json({ ...REQUEST, tolerated: [403] })).code).toBe(403);
    expect(seen.asked).toBe(1);
  });
});
