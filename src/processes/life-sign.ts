// A file that says of a program without a port that it lives: touched while its event loop turns, gone when it stops.
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Pace of the touching; whoever reads the file allows for several of these. */
export const LIFE_SIGN_EVERY_MS = 5_000;

/**
 * Makes the file, and its folder, and sets its time anew every 5 s until `stop` is called, which removes it. A file that
 * cannot be touched any more is left to grow old: that too is something to tell whoever reads it.
 * @throws Error of the file system when the file cannot be made
 */
export function giveLifeSign(input: { readonly file: string; readonly everyMs?: number }): { stop(): void } {
  const { file, everyMs = LIFE_SIGN_EVERY_MS } = input;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  const timer = setInterval(() => touch(file), everyMs);
  // It shall not keep alive what it reports on.
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      rmSync(file, { force: true });
    },
  };
}

/** Blocking, and so truthful: it happens when the event loop comes round to it. */
function touch(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Left to grow old.
  }
}
