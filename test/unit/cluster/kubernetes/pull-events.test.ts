import { expect, test } from 'vitest';
import { parseGoDuration } from '../../../../src/cluster/kubernetes/go-duration.ts';
import { readPullNews } from '../../../../src/cluster/kubernetes/pull-events.ts';

test.each([
  ['1m21.28s', 81_280],
  ['313ms', 313],
  ['25µs', 0],
  ['1h2m3.5s', 3_723_500],
  ['2.5s', 2_500],
  ['0s', 0],
])('the Go duration %s is %d milliseconds', (text, ms) => {
  expect(parseGoDuration(text)).toBe(ms);
});

test.each(['', '12', 'abc', '1.2.3s', '5 s', '-3s'])('%j is no Go duration', (text) => {
  expect(parseGoDuration(text)).toBeNull();
});

const pulled = (message: string) => readPullNews({ reason: 'Pulled', message });

test('a kubelet of today tells the pull, its wait in the queue and the size', () => {
  expect(
    pulled('Successfully pulled image "a/b:1" in 796ms (1.594s including waiting). Image size: 543804759 bytes.'),
  ).toEqual({
    kind: 'pulled',
    image: 'a/b:1',
    facts: { mode: 'pulled', durationMs: 796, durationWithQueueMs: 1_594, sizeBytes: 543_804_759 },
  });
});

test.each([
  [
    'without a size',
    'Successfully pulled image "a" in 1m21.28s (1m22s including waiting)',
    { durationMs: 81_280, durationWithQueueMs: 82_000, sizeBytes: null },
  ],
  [
    'with one duration, which counts the wait in',
    'Successfully pulled image "a" in 1.5s',
    { durationMs: null, durationWithQueueMs: 1_500, sizeBytes: null },
  ],
  [
    'with a size and no wait',
    'Successfully pulled image "a" in 2s. Image size: 7 bytes.',
    { durationMs: null, durationWithQueueMs: 2_000, sizeBytes: 7 },
  ],
  ['with nothing', 'Successfully pulled image "a"', { durationMs: null, durationWithQueueMs: null, sizeBytes: null }],
])('an older kubelet tells of a pull %s', (_, message, facts) => {
  expect(pulled(message)).toEqual({ kind: 'pulled', image: 'a', facts: { mode: 'pulled', ...facts } });
});

test.each([
  'Container image "a:1" already present on machine',
  'Container image "a:1" already present on machine and can be accessed by the pod',
])('an image that was there is no pull of no time: %s', (message) => {
  expect(pulled(message)).toMatchObject({
    kind: 'present',
    image: 'a:1',
    facts: { mode: 'present', durationMs: null },
  });
});

test('a failed pull keeps the runtime’s own words, on one line and within 300 characters', () => {
  const news = readPullNews({ reason: 'Failed', message: `Failed to pull image "a": rpc error:\n${'x'.repeat(400)}` });
  expect(news).toMatchObject({
    kind: 'failed',
    hint: false,
    reason: expect.stringMatching(/^rpc error: x+…$/),
  });
  expect(news?.kind === 'failed' ? news.reason : '').toHaveLength(300);
});

test.each([
  [
    'Failed to pull image "r/a:1": rpc error: code = NotFound desc = failed to pull and unpack image "r/a:1": failed to resolve reference "r/a:1": r/a:1: not found',
    'r/a:1: not found',
  ],
  [
    'Failed to pull image "r/a:1": failed to pull and unpack image "r/a:1": failed to copy: unexpected EOF',
    'failed to copy: unexpected EOF',
  ],
  ['Failed to pull image "r/a:1": rpc error: code = Unknown desc =', 'rpc error: code = Unknown desc ='],
])('of a failed pull the last layer’s words are kept: %s', (message, reason) => {
  expect(readPullNews({ reason: 'Failed', message })).toMatchObject({ kind: 'failed', reason });
});

test.each([
  ['Failed', 'Error: ErrImagePull', { kind: 'failed', reason: 'ErrImagePull', hint: true }],
  ['Failed', 'Error: InvalidImageName', { kind: 'failed', reason: 'InvalidImageName', hint: true }],
  [
    'ErrImageNeverPull',
    'Container image "a" is not present with pull policy of Never',
    { kind: 'failed', hint: false },
  ],
  ['Failed', '(combined from similar events): Failed to pull image "a": no', { kind: 'failed', hint: false }],
])('%s with %j is a failure', (reason, message, expected) => {
  expect(readPullNews({ reason, message })).toMatchObject(expected);
});

test.each([
  ['Failed', 'Error: configmap "nope" not found'],
  ['BackOff', 'Back-off pulling image "a"'],
  ['Started', 'Container started'],
  ['Pulled', 'something new'],
  ['Pulling', 'something new'],
])('%s with %j says nothing of a pull', (reason, message) => {
  expect(readPullNews({ reason, message })).toBeNull();
});
