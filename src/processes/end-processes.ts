// Ends everything that belongs together, first politely, then not, and tells when none of it is left.
import { setTimeout as pause } from 'node:timers/promises';
import { isMarked } from './marked-processes.ts';
import type { EnvironmentMarker } from './marked-processes.ts';
import { isRunning } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { readProcess, readProcessTable } from './process-table.ts';
import type { ProcessEntry } from './process-table.ts';

/** What to end. At least one of `leaders` and `marker` says what belongs to it. */
export interface EndRequest {
  /**
   * Heads of process groups, by identity: a stranger that has come by the same pid is left alone. Where the head has
   * ended, what is left of its group must carry the marker to be ended; without a marker it is taken for the head's
   * own, so leave the marker out only for heads that this very process has started.
   */
  readonly leaders?: readonly ProcessIdentity[];
  /** Everything that carries this variable too, wherever it has gone (Linux). */
  readonly marker?: EnvironmentMarker;
  /** Time between SIGTERM and SIGKILL, milliseconds; 0 is SIGKILL at once. */
  readonly graceMs: number;
}

/** How long a killed process may take to vanish before it is reported as left. */
const KILLED_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 15;

/**
 * Ends the groups, the marked processes and all their descendants, and waits until they are gone. This process itself
 * is never among them. Resolves with what survived even SIGKILL for 5 s: empty, but for a broken machine.
 */
export async function endProcesses(request: EndRequest): Promise<{ readonly left: readonly number[] }> {
  const startedAtMs = performance.now();
  const family = new Family(request);
  const termSent = new Set<string>();
  for (;;) {
    const members = family.members();
    const spentMs = performance.now() - startedAtMs;
    if (members.length === 0 || spentMs > request.graceMs + KILLED_WITHIN_MS) {
      return { left: members.map((member) => member.pid) };
    }
    if (spentMs >= request.graceMs) {
      signalGroups({ members, signal: 'SIGKILL' });
      signalEach({ members, signal: 'SIGKILL' });
    } else {
      const unasked = members.filter((member) => !termSent.has(keyOf(member)));
      signalEach({ members: unasked, signal: 'SIGTERM' });
      for (const member of unasked) {
        termSent.add(keyOf(member));
      }
    }
    await pause(LOOK_AGAIN_MS);
  }
}

/** The live processes that carry the marker, this one left out. Empty where the system does not tell. */
export function findMarkedProcesses(marker: EnvironmentMarker): readonly ProcessIdentity[] {
  return readProcessTable()
    .filter((entry) => entry.pid !== process.pid && isMarked({ pid: entry.pid, marker }))
    .map(({ pid, startToken }) => ({ pid, startToken }));
}

/**
 * Who belongs together. A group's number is not given out again while anyone is in the group, so a group is ours for
 * as long as somebody we know is in it; the same goes for the children of those we know.
 */
class Family {
  readonly #known: Set<string>;
  readonly #marker: EnvironmentMarker | undefined;
  /** Numbers of groups that may have lost their heads and are ours all the same. */
  readonly #headless: ReadonlySet<number>;

  constructor(request: EndRequest) {
    this.#known = new Set((request.leaders ?? []).map(keyOf));
    this.#marker = request.marker;
    this.#headless = new Set(request.marker === undefined ? (request.leaders ?? []).map(({ pid }) => pid) : []);
  }

  members(): readonly ProcessEntry[] {
    const everyone = readProcessTable();
    const alive = new Set(everyone.map((entry) => entry.pid));
    const table = everyone.filter((entry) => entry.pid !== process.pid);
    const members = new Set(table.filter((entry) => this.#isFirst({ entry, alive })));
    for (let before = -1; before !== members.size; ) {
      before = members.size;
      const parents = new Set([...members].map((member) => member.pid));
      const groups = groupsOf({ members, parents, alive });
      for (const entry of table) {
        if (groups.has(entry.groupId) || parents.has(entry.parentPid)) {
          members.add(entry);
        }
      }
    }
    for (const member of members) {
      this.#known.add(keyOf(member));
    }
    return [...members];
  }

  /** Whether the process belongs here by itself, not through others that do. */
  #isFirst(input: { readonly entry: ProcessEntry; readonly alive: ReadonlySet<number> }): boolean {
    const { pid, groupId } = input.entry;
    const isHeadless = this.#headless.has(groupId) && !input.alive.has(groupId);
    const marker = this.#marker;
    return this.#known.has(keyOf(input.entry)) || isHeadless || (marker !== undefined && isMarked({ pid, marker }));
  }
}

/** The groups that are ours as a whole: led by one of us, or left behind by a leader that has ended. */
function groupsOf(input: {
  readonly members: ReadonlySet<ProcessEntry>;
  readonly parents: ReadonlySet<number>;
  readonly alive: ReadonlySet<number>;
}): ReadonlySet<number> {
  const groupIds = [...input.members].map((member) => member.groupId);
  return new Set(groupIds.filter((id) => id !== ownGroupId() && (input.parents.has(id) || !input.alive.has(id))));
}

function ownGroupId(): number {
  return readProcess(process.pid)?.groupId ?? process.pid;
}

function keyOf(identity: ProcessIdentity): string {
  return `${identity.pid} ${identity.startToken}`;
}

/** One call for a whole group, so that a program that keeps forking cannot run away from it. */
function signalGroups(input: { readonly members: readonly ProcessEntry[]; readonly signal: NodeJS.Signals }): void {
  for (const leader of input.members.filter((member) => member.pid === member.groupId && isRunning(member))) {
    send({ pid: -leader.groupId, signal: input.signal });
  }
}

function signalEach(input: { readonly members: readonly ProcessEntry[]; readonly signal: NodeJS.Signals }): void {
  for (const member of input.members.filter(isRunning)) {
    send({ pid: member.pid, signal: input.signal });
  }
}

function send(input: { readonly pid: number; readonly signal: NodeJS.Signals }): void {
  try {
    process.kill(input.pid, input.signal);
  } catch {
    // It has ended meanwhile, which is what was wanted.
  }
}
