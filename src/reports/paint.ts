// Colour by meaning, so that what is printed is the same text with and without it.
import { styleText } from 'node:util';

export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly waiting: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

const same = (text: string): string => text;

/** Leaves text as it is. */
export const PLAIN: Paint = { good: same, bad: same, waiting: same, faint: same, strong: same };

/** For a terminal. */
export const COLOURED: Paint = {
  good: (text) => styleText('green', text, { validateStream: false }),
  bad: (text) => styleText('red', text, { validateStream: false }),
  waiting: (text) => styleText('yellow', text, { validateStream: false }),
  faint: (text) => styleText('dim', text, { validateStream: false }),
  strong: (text) => styleText('bold', text, { validateStream: false }),
};

/** A state in its colour: of a stage, of a run, of a check. */
export function paintState({ state, paint }: { readonly state: string; readonly paint: Paint }): string {
  switch (state) {
    case 'passed':
    case 'ok':
      return paint.good(state);
    case 'starting':
    case 'running':
    case 'ending':
      return paint.waiting(state);
    case 'not-started':
    case 'queued':
      return paint.faint(state);
    default:
      return paint.bad(state);
  }
}
