// Shows runs on their way: redrawn in place on a terminal, as plain lines of news elsewhere.
import { type LiveView, renderLiveView, stageText, trafficText } from '../reports/live-view.ts';
import { formatDuration } from '../quantities/quantities.ts';
import { shownWidth } from '../reports/table.ts';
import type { Console } from './console.ts';

export interface LiveDisplay {
  show(views: readonly LiveView[]): void;
  /** Says something that stays, above what is redrawn. */
  say(text: string): void;
  /** Leaves the last picture where it is. */
  close(): void;
}

/** How often `show` is worth calling: a terminal shows time passing, lines would be noise. */
export const REDRAW_MS = 250;

export function liveDisplay(console: Console): LiveDisplay {
  return console.noteTerminal === null ? new LineDisplay(console) : new TerminalDisplay(console, console.noteTerminal);
}

const CURSOR_HIDE = '\u001b[?25l';
const CURSOR_SHOW = '\u001b[?25h';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';

/** Writes each picture over the one before in a single write, so that nothing flickers. */
class TerminalDisplay implements LiveDisplay {
  readonly #console: Console;
  readonly #terminal: NonNullable<Console['noteTerminal']>;
  #drawnLines = 0;
  #picture = '';

  constructor(console: Console, terminal: NonNullable<Console['noteTerminal']>) {
    this.#console = console;
    this.#terminal = terminal;
  }

  show(views: readonly LiveView[]): void {
    const paint = this.#console.notePaint;
    const lines = views.flatMap((view, index) => [...(index === 0 ? [] : ['']), ...renderLiveView({ view, paint })]);
    // The top of a picture that is taller than the screen cannot be reached again.
    const shown = lines.slice(0, Math.max(1, this.#terminal.rows() - 1));
    const picture = shown.map((line) => `${line}${CLEAR_LINE_END}\n`).join('');
    if (picture === this.#picture) return;
    this.#console.draw(`${CURSOR_HIDE}${NO_WRAP}${this.#toTop()}${picture}${CLEAR_BELOW}${WRAP}${CURSOR_SHOW}`);
    this.#picture = picture;
    this.#drawnLines = shown.length;
  }

  say(text: string): void {
    this.#console.draw(`${this.#toTop()}${CLEAR_BELOW}${text}\n${this.#picture}`);
  }

  close(): void {
    this.#drawnLines = 0;
    this.#picture = '';
  }

  #toTop(): string {
    return this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}A\r`;
  }
}

const PROGRESS_EVERY_MS = 5_000;

/** One line for each thing that changed, and one with the bytes so far every five seconds. */
class LineDisplay implements LiveDisplay {
  readonly #console: Console;
  readonly #told = new Map<string, string>();
  readonly #progressAtMs = new Map<string, number>();

  constructor(console: Console) {
    this.#console = console;
  }

  show(views: readonly LiveView[]): void {
    for (const view of views) this.#showOne(view);
  }

  say(text: string): void {
    this.#console.note(text);
  }

  close(): void {
    this.#told.clear();
  }

  #showOne(view: LiveView): void {
    const { target, status, note, nowMs } = view;
    this.#news({ key: `${target} note`, value: note ?? '', line: note === null ? '' : `${target}: ${note}` });
    if (status === null) return;
    const state = { key: target, value: status.state, line: `${target}: ${status.state}` };
    if (status.finishedAtMs === null) this.#news(state);
    for (const stage of status.stages) {
      const line = stage.state === 'not-started' ? '' : `${target}: ${stageText({ stage, nowMs })}`;
      this.#news({ key: `${target} ${stage.name}`, value: stage.state, line });
    }
    for (const { name, reason } of status.omittedStages) {
      this.#news({ key: `${target} ${name}`, value: 'left out', line: `${target}: ${name} left out: ${reason}` });
    }
    if (status.finishedAtMs !== null) this.#news(state);
    const lastMs = this.#progressAtMs.get(target) ?? nowMs;
    if (!this.#progressAtMs.has(target)) this.#progressAtMs.set(target, nowMs);
    if (status.finishedAtMs !== null || nowMs - lastMs < PROGRESS_EVERY_MS) return;
    this.#progressAtMs.set(target, nowMs);
    this.#console.note(
      `${target}: ${formatDuration(nowMs - status.startedAtMs)}, ${trafficText({ ...view, sampled: status.sampled })}`,
    );
  }

  #news({ key, value, line }: { readonly key: string; readonly value: string; readonly line: string }): void {
    if (this.#told.get(key) === value) return;
    this.#told.set(key, value);
    if (shownWidth(line) > 0) this.#console.note(line);
  }
}
