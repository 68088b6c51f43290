import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidInputError } from '../../../src/errors/errors.ts';
import { sampleForSeconds } from '../../../src/sampling/take-sample.ts';
import { open, scriptedControlClient, snapshot } from '../../support/scripted-control-client.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const passTime = (): void => void vi.advanceTimersByTime(2000);

describe('a live look at a proxy', () => {
  it('tells window, rate, total and the top clients and destinations since it began', async () => {
    const client = scriptedControlClient({
      reads: [
        snapshot(10_000, 1000, [open('a', 600)]),
        snapshot(12_000, 5000, [open('a', 2600), open('b', 1500, 10_100)]),
      ],
      steps: [snapshot(11_000, 3000, [open('a', 1600)]), passTime],
    });
    expect(await sampleForSeconds({ client, seconds: 2, signal: new AbortController().signal })).toEqual({
      seconds: 2,
      windowBytes: 4000,
      rateBytesPerSecond: 2000,
      cumulativeBytes: 5000,
      attributedBytes: 3500,
      unattributedBytes: 500,
      clients: [{ name: '10.0.0.1', bytes: 3500 }],
      destinations: [
        { name: 'a.example:443', bytes: 2000 },
        { name: 'b.example:443', bytes: 1500 },
      ],
    });
  });

  it('tells what was read until then when the last reading fails', async () => {
    const client = scriptedControlClient({
      reads: [snapshot(10_000, 1000), new Error('gone')],
      steps: [snapshot(11_000, 3000), passTime],
    });
    expect(await sampleForSeconds({ client, seconds: 2, signal: new AbortController().signal })).toMatchObject({
      windowBytes: 2000,
    });
  });

  it('fails when the proxy went away and no reading came', async () => {
    const client = scriptedControlClient({ reads: [snapshot(10_000, 1000), new Error('gone')], steps: [passTime] });
    await expect(sampleForSeconds({ client, seconds: 2, signal: new AbortController().signal })).rejects.toThrow(
      'gone',
    );
  });

  it('ends at once when it is aborted', async () => {
    const stop = new AbortController();
    const client = scriptedControlClient({
      reads: [snapshot(10_000, 1000)],
      steps: [() => stop.abort(new Error('no longer wanted'))],
    });
    await expect(sampleForSeconds({ client, seconds: 300, signal: stop.signal })).rejects.toThrow('no longer wanted');
  });

  it.each([0, 0.5, 301, Number.NaN])('refuses %d seconds', async (seconds) => {
    const client = scriptedControlClient({ reads: [snapshot(0, 0)] });
    await expect(sampleForSeconds({ client, seconds, signal: new AbortController().signal })).rejects.toBeInstanceOf(
      InvalidInputError,
    );
  });
});
