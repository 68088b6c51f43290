import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InfrastructureError } from '../../../src/errors/errors.ts';
import { openJournal, readJournal, removeJournal } from '../../../src/sampling/journal.ts';
import { open, snapshot } from '../../support/scripted-control-client.ts';

let dir: string;

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'proxybench-journal-')), 'run-1');
});

afterEach(async () => {
  await rm(join(dir, '..'), { recursive: true, force: true });
});

describe('the journal of readings', () => {
  it('gives back what was written, connections with their names at first sight and only when they changed', async () => {
    const journal = await openJournal({ dir, attempt: 1 });
    await journal.reading({ snapshot: snapshot(1000, 10, [open('a', 7, 900), open('b', 3, 950)]), instance: 'x' });
    await journal.note({ atMs: 1100, reason: 'gone' });
    await journal.reading({ snapshot: snapshot(1250, 15, [open('a', 12, 900), open('b', 3, 950)]), instance: 'x' });
    await journal.close();
    const opened = (id: string, startMs: number): object => ({
      opened: { client: '10.0.0.1', destination: `${id}.example:443`, startMs },
    });
    const common = { kind: 'reading', via: 'stream', instance: 'x', uploadTotalBytes: 0 };
    expect(await journal.readAll()).toEqual([
      [
        {
          ...common,
          atMs: 1000,
          downloadTotalBytes: 10,
          changed: [
            { id: 'a', uploadBytes: 0, downloadBytes: 7, ...opened('a', 900) },
            { id: 'b', uploadBytes: 0, downloadBytes: 3, ...opened('b', 950) },
          ],
        },
        { kind: 'note', about: 'proxy', atMs: 1100, reason: 'gone' },
        { ...common, atMs: 1250, downloadTotalBytes: 15, changed: [{ id: 'a', uploadBytes: 0, downloadBytes: 12 }] },
      ],
    ]);
  });

  it.each([
    ['another life answers', { instance: 'b', total: 20 }],
    ['the totals fall', { instance: undefined, total: 7 }],
  ])('tells a connection again that has the same id and bytes after %s', async (_, { instance, total }) => {
    const journal = await openJournal({ dir, attempt: 1 });
    await journal.reading({
      snapshot: snapshot(1000, 10, [open('1', 7, 900)]),
      instance: instance === undefined ? undefined : 'a',
    });
    await journal.reading({ snapshot: snapshot(1250, total, [open('1', 7, 900)]), instance });
    await journal.close();
    expect((await journal.readAll()).flat()[1]).toMatchObject({
      changed: [{ id: '1', downloadBytes: 7, opened: { startMs: 900 } }],
    });
  });

  it('keeps each attempt in a file of its own, in the order in which they began', async () => {
    await mkdir(dir, { recursive: true });
    const line = (total: number): string =>
      `${JSON.stringify({ kind: 'reading', atMs: 1, via: 'polling', uploadTotalBytes: 0, downloadTotalBytes: total, changed: [] })}\n`;
    await writeFile(join(dir, 'attempt-2-2000-aa.jsonl'), line(2));
    await writeFile(join(dir, 'attempt-1-1000-bb.jsonl'), line(1));
    await writeFile(join(dir, 'attempt-1-10000-cc.jsonl'), line(3));
    const attempts = await readJournal({ dir });
    expect(attempts.map(([first]) => first)).toMatchObject([
      { downloadTotalBytes: 1 },
      { downloadTotalBytes: 2 },
      { downloadTotalBytes: 3 },
    ]);
  });

  it('opens two files for the same attempt number', async () => {
    const journals = [await openJournal({ dir, attempt: 1 }), await openJournal({ dir, attempt: 1 })];
    for (const journal of journals) await journal.close();
    expect(await readdir(dir)).toHaveLength(2);
  });

  it('leaves out a last line that a crash cut short', async () => {
    const journal = await openJournal({ dir, attempt: 1 });
    await journal.reading({ snapshot: snapshot(1000, 10), instance: undefined });
    await journal.close();
    const whole = await readFile(journal.path, 'utf8');
    await appendFile(journal.path, whole.slice(0, 40));
    expect(await readJournal({ dir })).toMatchObject([[{ atMs: 1000 }]]);
  });

  it.each([
    ['no JSON', 'xyz'],
    ['another kind', '{"kind":"weather"}'],
    [
      'a total that is no number',
      '{"kind":"reading","atMs":1,"via":"stream","uploadTotalBytes":"1","downloadTotalBytes":1,"changed":[]}',
    ],
    [
      'a negative total',
      '{"kind":"reading","atMs":1,"via":"stream","uploadTotalBytes":-1,"downloadTotalBytes":1,"changed":[]}',
    ],
    [
      'a connection without an id',
      '{"kind":"reading","atMs":1,"via":"stream","uploadTotalBytes":1,"downloadTotalBytes":1,"changed":[[1,2,3]]}',
    ],
    ['null', 'null'],
    ['bytes that are no text', '\u0000\ufffd'],
  ])('reports a line in the middle that is %s as damage', async (_, garbage) => {
    const journal = await openJournal({ dir, attempt: 1 });
    await journal.reading({ snapshot: snapshot(1000, 10), instance: undefined });
    await journal.close();
    await appendFile(journal.path, `${garbage}\n${await readFile(journal.path, 'utf8')}`);
    expect(await readJournal({ dir })).toMatchObject([
      [
        { kind: 'reading' },
        { kind: 'note', about: 'damage', atMs: 1000, reason: 'line 2 of the journal of readings cannot be read' },
        { kind: 'reading' },
      ],
    ]);
  });

  it('is empty for a run that never wrote one, and after it was removed', async () => {
    expect(await readJournal({ dir })).toEqual([]);
    await (await openJournal({ dir, attempt: 1 })).close();
    await removeJournal({ dir });
    expect(await readJournal({ dir })).toEqual([]);
  });

  it('stays within its bound, says that readings are kept further apart, and keeps room for the last one', async () => {
    const maxBytes = 20_000;
    const journal = await openJournal({ dir, attempt: 1, maxBytes });
    for (let index = 0; index < 4000; index++) {
      await journal.reading({ snapshot: snapshot(index * 250, index, [open('a', index)]), instance: undefined });
    }
    await journal.reading({ snapshot: snapshot(1_000_001, 4000, [open('a', 4000)]), instance: undefined, last: true });
    await journal.close();
    expect((await stat(journal.path)).size).toBeLessThanOrEqual(maxBytes);
    const records = (await journal.readAll()).flat();
    expect(records.flatMap((record) => (record.kind === 'note' ? [record.reason] : []))).toEqual([
      'the journal of readings is nearly full: readings are kept 1 s apart',
      'the journal of readings is nearly full: readings are kept 10 s apart',
      'the journal of readings is nearly full: only the last reading is kept',
    ]);
    expect(records.at(-1)).toMatchObject({ downloadTotalBytes: 4000, changed: [{ id: 'a', downloadBytes: 4000 }] });
  });

  it('writes of the connections of a reading the largest when there is no room for all', async () => {
    const journal = await openJournal({ dir, attempt: 1, maxBytes: 2000 });
    const connections = Array.from({ length: 100 }, (_, index) => open(`connection-${index}`, index));
    await journal.reading({ snapshot: snapshot(1000, 5000, connections), instance: undefined });
    await journal.close();
    const [last] = (await journal.readAll()).flat();
    const ids = last?.kind === 'reading' ? last.changed.map(({ id }) => id) : [];
    expect(last).toMatchObject({ downloadTotalBytes: 5000 });
    expect(ids).toEqual(Array.from({ length: 25 }, (_, index) => `connection-${99 - index}`));
  });

  it('writes the totals alone when there is room for no connection', async () => {
    const journal = await openJournal({ dir, attempt: 1, maxBytes: 130 });
    await journal.reading({ snapshot: snapshot(1000, 5000, [open('a', 5000)]), instance: undefined });
    await journal.close();
    expect((await journal.readAll()).flat()).toMatchObject([{ downloadTotalBytes: 5000, changed: [] }]);
  });

  it('keeps what a reading that was not written told for the next one that is', async () => {
    const maxBytes = 1000;
    const journal = await openJournal({ dir, attempt: 1, maxBytes });
    for (const atMs of [0, 1, 2, 3, 4]) await journal.reading({ snapshot: snapshot(atMs, 1), instance: undefined });
    await journal.reading({ snapshot: snapshot(100, 50, [open('brief', 49, 90)]), instance: undefined });
    await journal.reading({ snapshot: snapshot(2000, 60), instance: undefined });
    await journal.close();
    const last = (await journal.readAll()).flat().at(-1);
    expect(last).toMatchObject({ atMs: 2000, changed: [{ id: 'brief', downloadBytes: 49, opened: { startMs: 90 } }] });
  });

  it('keeps the order of calls that overlap', async () => {
    const journal = await openJournal({ dir, attempt: 1 });
    await Promise.all(
      [1, 2, 3, 4, 5].map((atMs) => journal.reading({ snapshot: snapshot(atMs, atMs), instance: undefined })),
    );
    await journal.close();
    expect((await journal.readAll()).flat().map(({ atMs }) => atMs)).toEqual([1, 2, 3, 4, 5]);
  });

  it('tells of a place where it cannot write as a broken environment', async () => {
    await mkdir(join(dir, '..'), { recursive: true });
    await writeFile(dir, 'a file where the directory should be');
    await expect(openJournal({ dir, attempt: 1 })).rejects.toBeInstanceOf(InfrastructureError);
  });
});
