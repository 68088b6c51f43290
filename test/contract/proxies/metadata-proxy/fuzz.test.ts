import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hostileRequest } from '../../../support/hostile-request.ts';
import { leakOf } from '../../../support/lenient-metadata-reader.ts';
import { requestFor, startMetadataProxy, TOKEN_PATH } from '../../../support/metadata-proxy.ts';
import { randomFrom, upTo } from '../../../support/random-from.ts';
import { askRaw } from '../../../support/raw-http-client.ts';
import { type SeenRequest, startRecordingUpstream } from '../../../support/recording-upstream.ts';

const REQUESTS_PER_SEED = 20_000;
const SEEDS = 10;
const CONNECTIONS = 48;
/** For one that does not say enough to be answered, or has been cut short. */
const GIVE_UP_MS = 40;

/** One seed alone, as a failure prints it. */
const given = process.env['FUZZ_SEED'];
const seeds = given === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [Number(given)];

const FILE = 'test/contract/proxies/metadata-proxy/fuzz.test.ts';

/** What is wrong with a request that has come through; null where nothing is. */
function faultOf(seen: SeenRequest): string | null {
  const leak = leakOf(seen.target);
  if (leak !== null) return `${leak.kind} ${JSON.stringify(leak.path)} came through as ${JSON.stringify(seen.target)}`;
  if (!/^[A-Z]+$/.test(seen.method) || !/^HTTP\/1\.[01]$/.test(seen.version))
    return `what came through is no request: ${JSON.stringify(`${seen.method} ${seen.target} ${seen.version}`)}`;
  const forwarded = seen.headers.find(([name]) => name.trim().toLowerCase() === 'x-forwarded-for');
  return forwarded === undefined ? null : `a request for a third party came through: ${JSON.stringify(seen.target)}`;
}

interface Tally {
  sent: number;
  readonly statuses: Map<string, number>;
}

/** Sends requests on a connection, one or a few at a time, until there are none or the connection is of no more use. */
async function visit(input: {
  readonly port: number;
  readonly next: () => Buffer | null;
  readonly count: (tally: string) => void;
}): Promise<void> {
  const { port, next, count } = input;
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let onEvent: (event: string) => void = () => undefined;
  socket.on('data', (chunk: Buffer) => {
    // The rest of an answer is nothing new.
    const start = chunk.toString('latin1', 0, 12);
    if (start.startsWith('HTTP/')) onEvent(start);
  });
  socket.on('error', () => onEvent('closed'));
  socket.on('close', () => onEvent('closed'));
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  for (let bytes = next(); bytes !== null; bytes = next()) {
    const event = await new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve('silent'), GIVE_UP_MS);
      onEvent = (told) => {
        clearTimeout(timer);
        resolve(told);
      };
      socket.write(bytes ?? '');
    });
    onEvent = () => undefined;
    count(event);
    // What was not even read is the end of its connection.
    if (!/ (?:100|200|403)$/.test(event) || socket.destroyed) break;
  }
  socket.resetAndDestroy();
}

describe('whatever is sent to the proxy', () => {
  it.each(seeds)('lets nothing concealed through, and does it no harm (seed %i)', async (seed) => {
    const faults: string[] = [];
    let reached = 0;
    const upstream = await startRecordingUpstream((request) => {
      const fault = faultOf(request);
      if (fault !== null) faults.push(fault);
      reached += 1;
      return { headers: reached % 2 === 0 ? [] : [['Cache-Control', 'max-age=600']], body: 'x' };
    });
    const proxy = await startMetadataProxy({ upstream: upstream.url });
    const random = randomFrom(seed);
    const tally: Tally = { sent: 0, statuses: new Map() };
    const next = (): Buffer | null => {
      const left = REQUESTS_PER_SEED - tally.sent;
      if (left <= 0) return null;
      const count = Math.min(left, random() < 0.9 ? 1 : 1 + upTo(random, 3));
      tally.sent += count;
      return Buffer.concat(Array.from({ length: count }, () => hostileRequest(random)));
    };
    const count = (told: string): void => void tally.statuses.set(told, (tally.statuses.get(told) ?? 0) + 1);
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (tally.sent < REQUESTS_PER_SEED) await visit({ port: proxy.port, next, count });
      }),
    );
    // Once everything has ended, nothing may be held any more.
    for (const gauge of ['in_flight', 'queued', 'hanging']) await proxy.reaches(`metadata_proxy_${gauge}`, 0);
    const again = `Again: FUZZ_SEED=${seed} node node_modules/vitest/vitest.mjs run ${FILE}`;
    expect(faults, again).toEqual([]);
    const answer = await askRaw({ port: proxy.port, bytes: requestFor({ target: TOKEN_PATH }) });
    expect([answer.status, answer.text], again).toEqual([200, 'x']);
    // What is sent is of every kind: let through, refused by the filter, and not even read.
    const share = (picks: (told: string) => boolean): number =>
      [...tally.statuses].reduce((sum, [told, times]) => sum + (picks(told) ? times : 0), 0) / tally.sent;
    expect(
      share((told) => told.endsWith(' 200')),
      again,
    ).toBeGreaterThan(0.02);
    expect(
      share((told) => told.endsWith(' 403')),
      again,
    ).toBeGreaterThan(0.2);
    expect(
      share((told) => told === 'closed' || told.endsWith(' 400')),
      again,
    ).toBeGreaterThan(0.01);
    expect(reached, again).toBeGreaterThan(REQUESTS_PER_SEED / 50);
  });
});
