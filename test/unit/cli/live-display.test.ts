import { describe, expect, it } from 'vitest';
import { liveDisplay } from '../../../src/cli/live-display.ts';
import type { LiveView } from '../../../src/reports/live-view.ts';
import type { RunStatus, StageStatus } from '../../../src/workflows/messages.ts';
import { recordingConsole } from '../../support/recording-console.ts';

function view({
  stages,
  nowMs = 1_000,
  ...rest
}: { readonly stages?: readonly StageStatus[]; readonly nowMs?: number } & Partial<LiveView>): LiveView {
  const status: RunStatus = {
    version: 1,
    runId: 'r1',
    workflowId: 'w1',
    target: 'local',
    profile: 'host-deps',
    node: 'n',
    jobName: 'j',
    state: 'running',
    startedAtMs: 0,
    finishedAtMs: null,
    deadlineAtMs: null,
    stages: stages ?? [],
    omittedStages: [],
    pullAttempts: 1,
    cancelReason: null,
    evidence: null,
    verdict: null,
  };
  return { target: 'local', begun: true, status, totals: null, rateBytesPerSecond: null, note: null, nowMs, ...rest };
}

const WAITING: StageStatus = { name: 'npm-install', state: 'not-started', startedAtMs: null, finishedAtMs: null };
const RUNNING: StageStatus = { ...WAITING, state: 'running', startedAtMs: 0 };
const PASSED: StageStatus = { ...RUNNING, state: 'passed', finishedAtMs: 2_500 };

describe('without a terminal', () => {
  it('tells each change once, on a line of its own, without control sequences', () => {
    const { console, notes, drawn } = recordingConsole();
    const display = liveDisplay(console);
    for (const stage of [WAITING, RUNNING, RUNNING, PASSED, PASSED]) display.show([view({ stages: [stage] })]);
    expect(notes).toEqual(['local: running', 'local: npm-install running, 1.0 s', 'local: npm-install passed, 2.5 s']);
    expect(drawn).toEqual([]);
  });

  it('tells the bytes so far every five seconds', () => {
    const { console, notes } = recordingConsole();
    const display = liveDisplay(console);
    const totals = { atMs: 0, totalBytes: 1_048_576 };
    for (const nowMs of [0, 4_000, 5_000, 9_000, 10_000])
      display.show([view({ nowMs, totals, rateBytesPerSecond: 2_048 })]);
    expect(notes.slice(1)).toEqual([
      'local: 5.0 s, at the proxy: 1.0 MiB, 2.0 KiB/s',
      'local: 10.0 s, at the proxy: 1.0 MiB, 2.0 KiB/s',
    ]);
  });

  it('tells a note once, and again after it went away', () => {
    const { console, notes } = recordingConsole();
    const display = liveDisplay(console);
    for (const note of ['no worker', 'no worker', null, 'no worker']) display.show([view({ status: null, note })]);
    expect(notes).toEqual(['local: no worker', 'local: no worker']);
  });
});

describe('on a terminal', () => {
  it('draws each picture over the one before, in one write', () => {
    const { console, drawn, notes } = recordingConsole({ columns: 80, rows: 24 });
    const display = liveDisplay(console);
    display.show([view({ stages: [RUNNING] })]);
    display.show([view({ stages: [PASSED] })]);
    expect(drawn).toHaveLength(2);
    expect(drawn[0]).not.toMatch(/\u001b\[\d+A/);
    expect(drawn[1]).toContain('\u001b[3A\r');
    expect(notes).toEqual([]);
  });

  it('writes nothing when nothing has changed', () => {
    const { console, drawn } = recordingConsole({ columns: 80, rows: 24 });
    const display = liveDisplay(console);
    display.show([view({ stages: [PASSED] })]);
    display.show([view({ stages: [PASSED] })]);
    expect(drawn).toHaveLength(1);
  });

  it('never draws more lines than the screen can take back', () => {
    const { console, drawn } = recordingConsole({ columns: 80, rows: 5 });
    liveDisplay(console).show([view({ stages: Array.from({ length: 50 }, () => PASSED) })]);
    expect(drawn[0]?.match(/\n/g)).toHaveLength(4);
  });

  it('keeps what is said above the picture', () => {
    const { console, drawn } = recordingConsole({ columns: 80, rows: 24 });
    const display = liveDisplay(console);
    display.show([view({ stages: [PASSED] })]);
    display.say('detaching');
    const picture = drawn[0]?.slice(drawn[0].indexOf('local'), drawn[0].lastIndexOf('\n') + 1) ?? '';
    expect(drawn[1]).toBe(`\u001b[3A\r\u001b[Jdetaching\n${picture}`);
  });
});
