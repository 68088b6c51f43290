import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ControlRecording, RecordedAnswer } from '../../../src/cluster/cluster.ts';
import type { ControlSnapshot } from '../../../src/sampling/control-client.ts';
import type { JournalRecord } from '../../../src/sampling/journal-record.ts';
import { openJournal, readJournal } from '../../../src/sampling/journal.ts';
import { lastSequence } from '../../../src/sampling/last-sequence.ts';
import { createRecordedClient } from '../../../src/sampling/recorded-client.ts';
import { openBaseline, runSampler } from '../../../src/sampling/sampler.ts';
import { foldSeries } from '../../../src/sampling/series.ts';

const never = new AbortController().signal;

/** A spool in memory: forgets what is acknowledged, ends when told to, with one last answer. */
class ScriptedRecording implements ControlRecording {
  readonly kept: RecordedAnswer[] = [];
  readonly acknowledged: number[] = [];
  readonly #totals: number[];
  #sequence = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(totals: readonly number[] = []) {
    this.#totals = [...totals];
    for (const total of totals) this.record(total);
  }

  record(total: number): void {
    this.#sequence += 1;
    const body = JSON.stringify({ uploadTotal: 0, downloadTotal: total, connections: null });
    this.kept.push({ sequence: this.#sequence, atMs: 1_000 * this.#sequence, body });
    this.#wake();
  }

  outage(reason: string): void {
    this.#sequence += 1;
    this.kept.push({ sequence: this.#sequence, atMs: 1_000 * this.#sequence, body: null, outage: reason });
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *answers({ afterSequence, signal }: Parameters<ControlRecording['answers']>[0]) {
    let after = afterSequence;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    for (;;) {
      signal.throwIfAborted();
      const next = this.kept.find(({ sequence }) => sequence > after);
      if (next !== undefined) {
        after = next.sequence;
        yield next;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  acknowledge({ sequence }: { readonly sequence: number }): Promise<void> {
    this.acknowledged.push(sequence);
    for (let first = this.kept[0]; first !== undefined && first.sequence <= sequence; first = this.kept[0]) {
      this.kept.shift();
    }
    return Promise.resolve();
  }

  finish(): Promise<void> {
    if (!this.#ended) this.record((this.#totals.at(-1) ?? 0) + 1);
    this.end();
    return Promise.resolve();
  }
}

function newDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'proxybench-recorded-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function sequencesIn(attempts: readonly (readonly JournalRecord[])[]): readonly (number | undefined)[] {
  return attempts.flat().flatMap((record) => (record.kind === 'reading' ? [record.sequence] : []));
}

async function allOf(readings: AsyncIterable<ControlSnapshot>): Promise<readonly ControlSnapshot[]> {
  const all: ControlSnapshot[] = [];
  for await (const reading of readings) all.push(reading);
  return all;
}

/** One attempt at sampling, stopped once `until` readings are in the journal, by an abort or by a crash. */
async function attempt(input: {
  readonly recording: ControlRecording;
  readonly dir: string;
  readonly number: number;
  readonly until?: number;
  readonly crash?: boolean;
  readonly endsRecording?: () => boolean;
}) {
  const { recording, dir, number, until = 0, crash = false, endsRecording = () => true } = input;
  const afterSequence = lastSequence({ attempts: await readJournal({ dir }) });
  const journal = await openJournal({ dir, attempt: number });
  const stop = new AbortController();
  if (until === 0) stop.abort();
  let seen = 0;
  try {
    await runSampler({
      client: createRecordedClient({ recording, afterSequence, endsRecording }),
      journal,
      intervalMs: 1_000,
      signal: stop.signal,
      onProgress: () => {
        seen += 1;
        if (seen === until && crash) throw new Error('the worker died');
        if (seen === until) stop.abort();
      },
    });
  } catch (thrown) {
    if (!crash) throw thrown;
  } finally {
    await journal.close();
  }
}

test('each recorded answer reaches the journal once and in order, the last one with the end', async () => {
  const recording = new ScriptedRecording([10, 20, 30]);
  const dir = newDirectory();
  await attempt({ recording, dir, number: 1, until: 2 });
  const records = (await readJournal({ dir })).flat();
  expect(sequencesIn([records])).toEqual([1, 2, 3, 4]);
  expect(records.map(({ atMs }) => atMs)).toEqual([1_000, 2_000, 3_000, 4_000]);
});

test('a reading is acknowledged only once the next one was asked for', async () => {
  const recording = new ScriptedRecording([10, 20, 30, 40]);
  const readings = createRecordedClient({ recording }).readings({
    intervalMs: 1_000,
    signal: never,
    onOutage: () => undefined,
  });
  const iterator = readings[Symbol.asyncIterator]();
  expect((await iterator.next()).value).toMatchObject({ sequence: 1, atMs: 1_000 });
  expect(recording.acknowledged).toEqual([]);
  expect((await iterator.next()).value).toMatchObject({ sequence: 2 });
  expect(recording.acknowledged).toEqual([1]);
  await iterator.return?.();
});

test('after the death of a worker nothing is counted twice and nothing is lost', async () => {
  const recording = new ScriptedRecording([10, 20, 30, 40, 50]);
  const dir = newDirectory();
  await attempt({ recording, dir, number: 1, until: 3, crash: true });
  expect(recording.kept.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
  await attempt({ recording, dir, number: 2, until: 1 });
  const attempts = await readJournal({ dir });
  expect(sequencesIn(attempts)).toEqual([1, 2, 3, 4, 5, 6]);
  const baseline = { atMs: 1_000, uploadBytes: 0, downloadBytes: 10, connections: {} };
  const series = foldSeries({ baseline, intervalMs: 1_000, readings: attempts });
  expect(series.readings).toEqual({ stream: 0, polling: 6 });
  expect(series.downloadBytes).toBe(41);
});

test('a handing over after everything had been read gives the last reading again, and it counts once', async () => {
  const recording = new ScriptedRecording([10, 20, 30]);
  const dir = newDirectory();
  await attempt({ recording, dir, number: 1, until: 2 });
  await attempt({ recording, dir, number: 2 });
  const attempts = await readJournal({ dir });
  expect(sequencesIn(attempts)).toEqual([1, 2, 3, 4, 4]);
  const baseline = { atMs: 1_000, uploadBytes: 0, downloadBytes: 10, connections: {} };
  const series = foldSeries({ baseline, intervalMs: 1_000, readings: attempts });
  expect(series.readings.polling).toBe(4);
  expect(series.gaps).toEqual([]);
});

test('readings that stop without ending the run leave the recording to go on, and the next attempt goes on with it', async () => {
  const recording = new ScriptedRecording([10, 20, 30]);
  const finish = vi.spyOn(recording, 'finish');
  const dir = newDirectory();
  await attempt({ recording, dir, number: 1, until: 1, endsRecording: () => false });
  expect(finish).not.toHaveBeenCalled();
  recording.record(40);
  await attempt({ recording, dir, number: 2, until: 1 });
  expect(sequencesIn(await readJournal({ dir }))).toEqual([1, 2, 3, 4, 5]);
});

test('an outage is told with its reason and by the clock of the target', async () => {
  const recording = new ScriptedRecording([10]);
  recording.outage('no ready Pod');
  recording.record(20);
  const dir = newDirectory();
  await attempt({ recording, dir, number: 1, until: 1 });
  expect((await readJournal({ dir })).flat()).toEqual([
    expect.objectContaining({ kind: 'reading', atMs: 1_000 }),
    { kind: 'note', about: 'proxy', atMs: 2_000, reason: 'no ready Pod' },
    expect.objectContaining({ kind: 'reading', atMs: 3_000 }),
    expect.objectContaining({ kind: 'reading', atMs: 4_000 }),
  ]);
});

test('an answer that is none of a Clash API is an outage, not a fault of the sampler', async () => {
  const recording = new ScriptedRecording([10]);
  recording.kept.push({ sequence: 2, atMs: 2_000, body: '<html>' });
  const reasons: string[] = [];
  const stop = new AbortController();
  stop.abort();
  recording.end();
  const readings = createRecordedClient({ recording }).readings({
    intervalMs: 1_000,
    signal: stop.signal,
    onOutage: (reason) => reasons.push(reason),
  });
  expect((await allOf(readings)).map(({ sequence }) => sequence)).toEqual([1]);
  expect(reasons).toEqual(["it is not a Clash API's answer (the answer is not JSON)"]);
});

test('a recorder that is done before the run is does not end the sampling', async () => {
  const recording = new ScriptedRecording([10, 20]);
  recording.end();
  const stop = new AbortController();
  const client = createRecordedClient({ recording });
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { sequence } of client.readings({
      intervalMs: 1_000,
      signal: stop.signal,
      onOutage: () => undefined,
    }))
      seen.push(sequence ?? 0);
  })();
  await expect(Promise.race([reading, new Promise((resolve) => setImmediate(resolve, 'waits'))])).resolves.toBe(
    'waits',
  );
  stop.abort();
  await reading;
  expect(seen).toEqual([1]);
  expect(await client.read({ signal: never })).toMatchObject({ sequence: 2 });
});

test('what does not arrive in time after the end is told as an outage', async () => {
  const recording = new ScriptedRecording([10]);
  recording.finish = () => Promise.resolve();
  const reasons: string[] = [];
  const client = createRecordedClient({ recording, drainWithinMs: 20 });
  const readings = client.readings({
    intervalMs: 1_000,
    signal: AbortSignal.abort(),
    onOutage: (reason) => reasons.push(reason),
  });
  expect(await allOf(readings)).toEqual([]);
  expect(reasons).toEqual(['what the recorder still had did not arrive within 20 ms']);
  expect(await client.read({ signal: never })).toMatchObject({ sequence: 1 });
});

test('the baseline is the first recorded reading, by the clock of the target, and stays so when it is asked for again', async () => {
  const recording = new ScriptedRecording();
  recording.outage('not yet');
  recording.record(10);
  recording.record(20);
  for (let time = 0; time < 2; time++) {
    const baseline = await openBaseline({ client: createRecordedClient({ recording }), signal: never });
    expect(baseline).toMatchObject({ atMs: 2_000, downloadBytes: 10 });
  }
  expect(recording.acknowledged).toEqual([]);
});

test('without any reading the reason of the outage is the error', async () => {
  const recording = new ScriptedRecording();
  recording.outage('no ready Pod behind Service x');
  recording.end();
  await expect(createRecordedClient({ recording }).read({ signal: never })).rejects.toMatchObject({
    name: 'UnreachableError',
    message: expect.stringContaining('no ready Pod behind Service x'),
  });
});
