import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseAbReport, parseGivenUp } from '../../../bench/metadata-proxy/ab.ts';

function recorded(name: string): Promise<string> {
  return readFile(new URL(`../../fixtures/ab/${name}.txt`, import.meta.url), 'utf8');
}

describe('parseAbReport', () => {
  it('reads every figure of a load in which nothing failed', async () => {
    expect(parseAbReport(await recorded('complete'))).toEqual({
      serverSoftware: 'Metadata',
      documentBytes: 202,
      seconds: 0.266,
      complete: 2000,
      failed: 0,
      failures: { connect: 0, receive: 0, length: 0, exceptions: 0 },
      notSuccessful: 0,
      requestsPerSecond: 7518.8,
      totalBytes: 784_000,
      p50Ms: 6,
      p90Ms: 10,
      p99Ms: 12,
      maxMs: 15,
    });
  });

  it('tells broken connections, odd lengths and other statuses apart', async () => {
    expect(parseAbReport(await recorded('broken'))).toMatchObject({
      complete: 1000,
      failed: 1099,
      failures: { connect: 0, receive: 100, length: 899, exceptions: 100 },
      notSuccessful: 20,
    });
  });

  it('counts answers other than 2xx although ab does not call them failed', async () => {
    expect(parseAbReport(await recorded('not-successful'))).toMatchObject({
      complete: 50,
      failed: 0,
      notSuccessful: 50,
    });
  });

  it('takes a server that names no software', async () => {
    const text = (await recorded('complete')).replace(/^(Server Software:).*$/m, '$1        ');
    expect(parseAbReport(text)).toMatchObject({ serverSoftware: '', documentBytes: 202 });
  });

  it.each([
    ['Complete requests', /^Complete requests:.*\n/m, 'no readable line "Complete requests"'],
    ['Requests per second', /^Requests per second:.*\n/m, 'no readable line "Requests per second"'],
    ['99%', /^ {2}99%.*\n/m, 'no readable line for 99%'],
    ['the kinds of failures', /^ +\(Connect:.*\n/m, 'no readable line of their kinds'],
  ])('refuses a report without the line of %s', async (_what, line, message) => {
    const text = await recorded('broken');
    const without = text.replace(line, '');
    expect(without).not.toBe(text);
    expect(() => parseAbReport(without)).toThrow(message);
  });

  it('refuses a number of another shape rather than reading a part of it', async () => {
    const text = (await recorded('complete')).replace(/^(Complete requests: +)2000$/m, '$12,000');
    expect(() => parseAbReport(text)).toThrow('no readable line "Complete requests"');
  });
});

describe('parseGivenUp', () => {
  it('tells why ab ended and how far it had come', async () => {
    const errors = 'apr_socket_recv: Connection reset by peer (104)\n';
    expect(parseGivenUp({ output: await recorded('gave-up'), errors })).toEqual({
      why: 'apr_socket_recv: Connection reset by peer (104)',
      complete: 1,
    });
  });

  it('has come nowhere when ab names no number', () => {
    const errors = 'apr_socket_recv: Connection refused (111)\n';
    expect(parseGivenUp({ output: '', errors })).toEqual({
      why: 'apr_socket_recv: Connection refused (111)',
      complete: 0,
    });
  });
});
