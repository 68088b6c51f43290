import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type LoadReport, parseLoadReport } from '../../../src/load/load-report.ts';
import { findOnPath } from '../../../src/processes/find-on-path.ts';
import { commandLine, RUNTIMES } from '../../support/command-line.ts';
import {
  type CountingHttpServer,
  type SeenRequest,
  answerOk,
  startCountingHttpServer,
} from '../../support/counting-http-server.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROGRAM = join(ROOT, 'src/load/main.ts');

const servers: CountingHttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer?: (request: SeenRequest) => void): Promise<CountingHttpServer> {
  const server = await startCountingHttpServer(answer);
  servers.push(server);
  return server;
}

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(
  args: readonly string[],
  flags: readonly string[] = [],
): { readonly child: ChildProcess; readonly end: Promise<End> } {
  const child = spawn(process.execPath, [...flags, PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (async () => {
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code: child.exitCode, stdout, stderr };
  })();
  return { child, end };
}

function reportIn({ stdout }: End): LoadReport {
  const report = parseLoadReport(stdout);
  if (report === null) throw new Error(`no report: ${stdout}`);
  return report;
}

describe('the program proxybench-load', () => {
  it('prints its report as one line, writes it into a file that is there already, and ends with 0', async () => {
    const server = await serve();
    const file = join(temporaryDirectory('load'), 'termination-log');
    await writeFile(file, 'x'.repeat(5_000));
    const { end } = start([
      server.url,
      '--requests',
      '100',
      '--header',
      'A: 1',
      '--header',
      'B: 2',
      '--report-file',
      file,
    ]);
    const ended = await end;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout.split('\n')).toHaveLength(2);
    expect(reportIn(ended)).toMatchObject({ requests: 100, completed: 100, failed: 0 });
    expect(await readFile(file, 'utf8')).toBe(ended.stdout);
    expect(server.seen.requests).toBe(100);
  });

  it('shows its report also when it cannot be written into its file', async () => {
    const server = await serve();
    const file = join(temporaryDirectory('load'), 'not-there', 'report');
    const ended = await start([server.url, '--requests', '5', '--report-file', file]).end;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('ENOENT');
    expect(reportIn(ended)).toMatchObject({ requests: 5, completed: 5 });
  });

  it('is started by the project’s own Node where there is no other on the PATH', async () => {
    const server = await serve();
    const path = temporaryDirectory('path');
    for (const name of ['sh', 'dirname', 'readlink']) {
      await symlink(findOnPath({ program: name, path: process.env['PATH'] ?? '' }) ?? name, join(path, name));
    }
    const child = spawn(join(ROOT, 'programs/proxybench-load'), [server.url, '--requests', '5'], {
      env: { PATH: path },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect({ code: child.exitCode, completed: parseLoadReport(stdout)?.completed }).toEqual({ code: 0, completed: 5 });
  });

  it('ends with 3 when a request failed, and with 2 when it cannot be used as typed', async () => {
    const server = await serve(({ socket }) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
    const failed = await start([server.url, '--requests', '2', '--connections', '2']).end;
    expect(failed.code).toBe(3);
    expect(reportIn(failed).errors.status).toBe(2);
    for (const args of [[], [server.url], [server.url, 'more', '--requests', '1'], [server.url, '--nonsense']]) {
      const refused = await start(args).end;
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toMatch(/^proxybench-load: \S/);
    }
  });

  it('ends with 0 although requests failed, where that was asked for and the load was carried out', async () => {
    const server = await serve(({ socket }) => socket.end('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'));
    const carriedOut = await start([server.url, '--requests', '2', '--exit-zero-on-failures']).end;
    expect(carriedOut).toMatchObject({ code: 0, stderr: '' });
    expect(reportIn(carriedOut)).toMatchObject({ requests: 2, failed: 2 });
  });

  it.each([[[]], [['--exit-zero-on-failures']]])('a load that measured nothing did not pass, with %j', async (more) => {
    const server = await serve();
    const nothing = await start([server.url, '--rate', '0.001', '--warm-up', '1ms', '--duration', '1ms', ...more]).end;
    expect(nothing.code).toBe(3);
    expect(reportIn(nothing)).toMatchObject({
      requests: 0,
      failed: 0,
      note: 'nothing was measured: no request was begun',
    });
  });

  it.each(['1', '2'])('stopped by a signal says what it measured until then, with %s threads', async (threads) => {
    const { promise: underWay, resolve } = Promise.withResolvers<void>();
    const held: SeenRequest[] = [];
    const server = await serve((request) => {
      // From the 101st on nobody is answered any more, so that what is under way is known.
      if (request.number <= 100) return answerOk(request);
      held.push(request);
      if (held.length === 6) resolve();
    });
    const args = [server.url, '--duration', '10m', '--connections', '6', '--keep-alive', '--threads', threads];
    const { child, end } = start(args);
    await underWay;
    child.kill('SIGTERM');
    const ended = await end;
    expect(ended.code).toBe(5);
    expect(reportIn(ended)).toMatchObject({ cancelled: true, requests: 106, completed: 100, abandoned: 6, failed: 0 });
    expect(server.seen.requests).toBe(106);
  });

  it('needs no more memory for many requests than for few', async () => {
    const server = await serve();
    // What 40,000 requests leave behind would not fit, were it only half a KiB each.
    const args = [server.url, '--requests', '40000', '--connections', '50', '--keep-alive'];
    const ended = await start(args, ['--max-old-space-size=16']).end;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(reportIn(ended).completed).toBe(40_000);
  });
});

describe.each(RUNTIMES)('load http under $runtime', ({ executable }) => {
  it('shows people a table and programs a document, and ends with the same codes', async () => {
    const server = await serve();
    const url = `${server.url}secret?token=secret`;
    const shown = await commandLine({ executable, args: ['load', 'http', url, '--requests', '20', '--keep-alive'] });
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/Requests +20 in [^]*Processing +[\d.]+[^]*100% +[\d.]+\n$/);
    expect(shown.stdout).not.toContain('token=');
    const args = [
      'load',
      'http',
      server.url,
      '--requests',
      '5',
      '--header',
      'A: 1',
      '--header',
      'B: 2',
      '--output',
      'json',
    ];
    const document = await commandLine({ executable, args });
    expect(JSON.parse(document.stdout)).toMatchObject({ version: 1, kind: 'load', requests: 5, failed: 0 });
    expect(server.seen.requests).toBe(25);
    const none = ['load', 'http', server.url, '--rate', '0.001', '--warm-up', '1ms', '--duration', '1ms'];
    const nothing = await commandLine({ executable, args: none });
    expect(nothing.code).toBe(3);
    expect(nothing.stdout).toContain('\nnothing was measured: no request was begun\n');
    const nobody = await commandLine({ executable, args: ['load', 'http', 'http://[::1]:1/x', '--requests', '1'] });
    expect(nobody.stdout).toMatch(/^GET http:\/\/\[::1\]:1\/x\n/);
    const refused = await commandLine({ executable, args: ['load', 'http', server.url] });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
  });
});
