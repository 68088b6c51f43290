// One reading of one companion on this machine: its page over loopback, its use from its cgroup or its process.
import type { CompanionReading } from '../../../evidence/companion-model.ts';
import { UNKNOWN_USAGE } from '../../../evidence/unknown-usage.ts';
import { messageOf } from '../../../errors/errors.ts';
import type { CompanionReference } from '../../../plan/plan.ts';
import { readMetricsPage } from '../../companions/prometheus-text.ts';
import { readPage } from '../../companions/read-page.ts';
import { readCgroup } from './cgroup.ts';
import type { CompanionState } from './companion-state.ts';
import { processUsage } from './process-usage.ts';

/** A program that is held back by its CPU limit takes its time over its page. */
const PAGE_WITHIN_MS = 3_000;

/** Null once nothing can be said of it any more. A page that is not there when `signal` aborts is left out, with a note. */
export async function readCompanion(input: {
  readonly companion: CompanionReference;
  readonly state: CompanionState;
  readonly signal: AbortSignal;
}): Promise<CompanionReading | null> {
  const { companion, state, signal } = input;
  const page = await pageOf({ companion, signal });
  const kept = state.cgroup === null ? processUsage(state.leader) : readCgroup(state.cgroup);
  // One that has ended and is to be started again: that much is known.
  const told = kept ?? (state.leader === null && state.restarts > 0 ? UNKNOWN_USAGE : null);
  if (told === null && page.metrics === null) return null;
  const notes = [state.note, page.note].filter((note) => note !== undefined);
  return {
    name: companion.name,
    atMs: Date.now(),
    metrics: page.metrics ?? {},
    usage: told === null ? null : { ...told, restarts: state.restarts },
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
  };
}

/** Null for one that has a page and does not show it. */
async function pageOf(input: {
  readonly companion: CompanionReference;
  readonly signal: AbortSignal;
}): Promise<{ readonly metrics: CompanionReading['metrics'] | null; readonly note?: string }> {
  const { metrics: page } = input.companion;
  if (page === undefined) return { metrics: null };
  try {
    const within = AbortSignal.any([input.signal, AbortSignal.timeout(PAGE_WITHIN_MS)]);
    return { metrics: readMetricsPage(await readPage({ page, signal: within })) };
  } catch (thrown) {
    return { metrics: null, note: `its page was not read: ${messageOf(thrown)}` };
  }
}
