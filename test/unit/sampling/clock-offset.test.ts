import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClashClient } from '../../../src/sampling/clash-client.ts';
import { measureClockOffset, offsetFrom, tellsClock } from '../../../src/sampling/clock-offset.ts';
import { foldSeries } from '../../../src/sampling/series.ts';
import { buildBaseline, connection, outage, reading } from '../../support/record-builder.ts';
import { scriptedControlClient } from '../../support/scripted-control-client.ts';

/** A control API whose clock is `offsetMs` ahead of this machine's; `date` takes its header's place. */
async function clockServer(given: { offsetMs?: number; date?: () => string | null; status?: number }): Promise<string> {
  const server = createServer((_request, response) => {
    response.sendDate = false;
    const date = given.date === undefined ? new Date(Date.now() + (given.offsetMs ?? 0)).toUTCString() : given.date();
    if (date !== null) response.setHeader('date', date);
    response.writeHead(given.status ?? 200).end('{"version":"scripted"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const measured = (url: string): Promise<number | undefined> =>
  measureClockOffset({ client: createClashClient({ url }), signal: new AbortController().signal });

describe("the proxy's clock", () => {
  it('is not said to be off where it is not', async () => {
    expect(await measured(await clockServer({ offsetMs: 0 }))).toBeUndefined();
  });

  it.each([90_000, -3_400])('is %i ms off as the tick of its seconds tells, to within a second', async (offsetMs) => {
    const told = await measured(await clockServer({ offsetMs }));
    expect(Math.abs((told ?? 0) - offsetMs)).toBeLessThan(1_000);
  });

  it.each([
    ['has no Date', { date: () => null }],
    ['has none that can be read', { date: () => 'yesterday' }],
    ['is an error', { offsetMs: 90_000, status: 500 }],
  ])('is left alone where the answer %s', async (_, given) => {
    expect(await measured(await clockServer(given))).toBeUndefined();
  });

  it('ends with what ends the run', async () => {
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    const client = createClashClient({ url: await clockServer({}) });
    await expect(measureClockOffset({ client, signal })).rejects.toThrow('no longer wanted');
  });

  it('can be told by a client that asks the proxy, not by one that was never there', () => {
    expect(tellsClock(createClashClient({ url: 'http://127.0.0.1:1' }))).toBe(true);
    expect(tellsClock(scriptedControlClient({}))).toBe(false);
  });
});

describe('the offset that readings leave no doubt about', () => {
  const at = (dateMs: number, askedAtMs: number, answeredAtMs = askedAtMs + 10) => ({
    dateMs,
    askedAtMs,
    answeredAtMs,
  });

  it.each([
    ['none from nothing', [], undefined],
    ['none while the two may be equal', [at(5_000, 5_700)], undefined],
    ['none at the very ends of the range', [at(5_000, 6_000)], undefined],
    ['the middle of the range', [at(10_000, 5_000)], 5_495],
    ['the middle of what two readings around a tick leave', [at(10_000, 5_400), at(11_000, 5_440)], 5_575],
    ['a negative one as well', [at(3_000, 5_400), at(4_000, 5_440)], -1_425],
    ['none when a clock was set in between', [at(10_000, 5_000), at(90_000, 5_100)], undefined],
  ])('is %s', (_, readings, expected) => {
    expect(offsetFrom(readings)).toBe(expected);
  });
});

describe('a series by a clock that is off', () => {
  const readings = [
    [reading(1_000, 10, { changed: [connection('a', 10, 61_000)] }), outage(2_000, 'gone'), reading(9_000, 3)],
  ];
  const folded = (clockOffsetMs?: number) =>
    foldSeries({
      baseline: { ...buildBaseline(), ...(clockOffsetMs === undefined ? {} : { clockOffsetMs }) },
      intervalMs: 250,
      readings,
    });

  it("has every moment of a reading moved to the target's, and connections where they are", () => {
    const [told, moved] = [folded(), folded(60_000)];
    expect(moved.points).toEqual(told.points.map((point) => ({ ...point, atMs: point.atMs + 60_000 })));
    expect(moved.gaps).toEqual(
      told.gaps.map((gap) => ({ ...gap, fromMs: gap.fromMs + 60_000, toMs: gap.toMs + 60_000 })),
    );
    expect(moved.restartsAtMs).toEqual([69_000]);
    expect(moved.connections).toEqual(told.connections);
    expect(told.gaps).toHaveLength(1);
  });
});
