// One long-running program of the test cluster: started detached, known by a file, stopped or started again by anyone.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startProcessGroup } from '../../src/processes/process-group.ts';
import { isRunning } from '../../src/processes/process-identity.ts';
import type { ProcessIdentity } from '../../src/processes/process-identity.ts';
import { makeComponentsCgroup } from './cgroups.ts';
import type { ClusterLayout } from './layout.ts';

/** What to start. */
export interface ComponentSpec {
  /** Names its log and its file: `kube-apiserver`. */
  readonly name: string;
  readonly command: readonly string[];
  /** Beyond PATH, HOME and the cluster's marker. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What is known of it afterwards. */
export interface ComponentRecord extends ComponentSpec {
  readonly process: ProcessIdentity;
  readonly startedAt: string;
  readonly logFile: string;
}

const ENTER_CGROUP = 'echo $$ > "$0" && exec "$@"';
const STOP_GRACE_MS = 5_000;
const ASK_AGAIN_MS = 100;
const SHOWN_LOG_CHARACTERS = 1200;

/** Starts it as the head of a process group of its own; it outlives this process. */
export async function startComponent(input: {
  readonly layout: ClusterLayout;
  readonly spec: ComponentSpec;
}): Promise<ComponentRecord> {
  const { layout, spec } = input;
  mkdirSync(layout.components, { recursive: true });
  mkdirSync(layout.logs, { recursive: true });
  const logFile = join(layout.logs, `${spec.name}.log`);
  const group = await startProcessGroup({
    command: ['/bin/sh', '-c', ENTER_CGROUP, makeComponentsCgroup(), ...spec.command],
    env: {
      PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: layout.state,
      ...spec.env,
      [layout.marker.name]: layout.marker.value,
    },
    cwd: layout.state,
    output: { file: logFile },
  });
  group.child.unref();
  const record: ComponentRecord = {
    name: spec.name,
    command: spec.command,
    ...(spec.env === undefined ? {} : { env: spec.env }),
    process: group.leader,
    startedAt: new Date().toISOString(),
    logFile,
  };
  const file = join(layout.components, `${spec.name}.json`);
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return record;
}

/** All components that were started, running or not, by name. */
export function readComponents(layout: ClusterLayout): readonly ComponentRecord[] {
  if (!existsSync(layout.components)) return [];
  return readdirSync(layout.components)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => JSON.parse(readFileSync(join(layout.components, file), 'utf8')) as ComponentRecord);
}

/** @throws Error when no such component was ever started */
export function readComponent(input: { readonly layout: ClusterLayout; readonly name: string }): ComponentRecord {
  const record = readComponents(input.layout).find(({ name }) => name === input.name);
  if (record === undefined) throw new Error(`the test cluster has no ${input.name}; is it up?`);
  return record;
}

/** Ends the component and its process group, not what has left the group: containers outlive containerd. */
export async function stopComponent(record: ComponentRecord): Promise<void> {
  if (!isRunning(record.process)) return;
  process.kill(record.process.pid, 'SIGTERM');
  const giveUpAtMs = performance.now() + STOP_GRACE_MS;
  while (isRunning(record.process) && performance.now() < giveUpAtMs) await pause(ASK_AGAIN_MS / 4);
  if (isRunning(record.process)) process.kill(record.process.pid, 'SIGKILL');
  while (isRunning(record.process)) await pause(ASK_AGAIN_MS / 4);
}

/**
 * Asks `isReady` until it says so; a rejection counts as no.
 * @throws Error with the end of the log when the component ends, or is not ready in time
 */
export async function waitUntilReady(input: {
  readonly record: ComponentRecord;
  readonly isReady: () => Promise<boolean>;
  readonly withinMs: number;
}): Promise<void> {
  const giveUpAtMs = performance.now() + input.withinMs;
  for (;;) {
    const isReady = await input.isReady().catch(() => false);
    const isGone = !isRunning(input.record.process);
    // Something else may be answering in its place while it has failed to start.
    if (isReady && !isGone) return;
    if (isGone || performance.now() > giveUpAtMs) {
      const end = readFileSync(input.record.logFile, 'utf8').slice(-SHOWN_LOG_CHARACTERS);
      const what = isGone ? 'ended by itself' : `was not ready within ${input.withinMs / 1000} s`;
      throw new Error(`${input.record.name} ${what}; the end of ${input.record.logFile}:\n${end}`);
    }
    await pause(ASK_AGAIN_MS);
  }
}
