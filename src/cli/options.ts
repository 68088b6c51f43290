// Options that several commands share, each written once.
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { DEFAULT_TASK_QUEUE } from '../temporal/names.ts';
import type { OutputFormat } from './emit.ts';

/** Folder that holds the configuration unless `--config-dir` names another. */
const DEFAULT_CONFIG_DIR = 'config';
/** Folder for what this machine keeps between commands. */
const DEFAULT_STATE_DIR = '.proxybench';

export const configDirOption = () =>
  new Option('--config-dir <dir>', 'folder with the configuration').default(DEFAULT_CONFIG_DIR);

export const stateDirOption = () =>
  new Option('--state-dir <dir>', 'folder for run directories, journals and server logs').default(DEFAULT_STATE_DIR);

const OUTPUT_FORMATS = ['table', 'json', 'yaml'] as const satisfies readonly OutputFormat[];

export const outputOption = () =>
  new Option('--output <format>', 'the document on stdout; progress goes to stderr')
    .choices(OUTPUT_FORMATS)
    .default('table' as const);

export const addressOption = () =>
  new Option('--address <host:port>', "Temporal's frontend (default: 127.0.0.1:7233)").env('TEMPORAL_ADDRESS');

export const namespaceOption = () =>
  new Option('--namespace <name>', 'Temporal namespace (default: default)').env('TEMPORAL_NAMESPACE');

export const taskQueueOption = () =>
  new Option('--task-queue <name>', 'queue that the workers poll')
    .env('PROXYBENCH_TASK_QUEUE')
    .default(DEFAULT_TASK_QUEUE);

export const debugOption = () => new Option('--debug', 'show the stack of an error');

export const targetsOption = () =>
  new Option('--targets <names>', 'targets by name, separated by commas').argParser((text: string): readonly string[] =>
    nameList(text),
  );

export const runOption = () =>
  new Option('--run <id>', 'this run instead of the newest (an id from `list`, or a workflow id)');

export const samplingOption = () =>
  new Option('--traffic-sample-seconds <n>', 'also look at the proxy for so long, 1 to 300').argParser(
    (text: string): number => wholeNumber({ text, least: 1, most: 300 }),
  );

/** Names separated by commas, each once, in the order given. */
export function nameList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === ''))
    throw new InvalidArgumentError('Write names separated by commas, without empty ones.');
  return [...new Set(names)];
}

/** A whole number within bounds, both included. */
export function wholeNumber({
  text,
  least,
  most,
}: {
  readonly text: string;
  readonly least: number;
  readonly most: number;
}): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
  }
  return value;
}
