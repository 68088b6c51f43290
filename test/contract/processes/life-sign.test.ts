import { existsSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { giveLifeSign } from '../../../src/processes/life-sign.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const LONG_AGO = new Date('2020-01-01T00:00:00Z');

test('the file is there at once, below a folder that it makes, and gone when told to stop', () => {
  const file = join(temporaryDirectory('life-sign'), 'state', 'life-sign');
  const sign = giveLifeSign({ file });
  expect(Date.now() - statSync(file).mtimeMs).toBeLessThan(60_000);
  sign.stop();
  expect(existsSync(file)).toBe(false);
});

test('its time is set anew while the event loop turns, and grows old while it does not', async () => {
  const file = join(temporaryDirectory('life-sign'), 'life-sign');
  const sign = giveLifeSign({ file, everyMs: 5 });
  try {
    utimesSync(file, LONG_AGO, LONG_AGO);
    const blockedUntilMs = performance.now() + 50;
    while (performance.now() < blockedUntilMs);
    expect(statSync(file).mtime).toEqual(LONG_AGO);
    await vi.waitFor(() => expect(statSync(file).mtime).not.toEqual(LONG_AGO), { interval: 5, timeout: 10_000 });
  } finally {
    sign.stop();
  }
});
