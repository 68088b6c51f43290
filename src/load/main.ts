// `proxybench-load URL OPTIONS`: the load generator as a lean program. Its report is one line of JSON on stdout.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { InvalidInputError, UnreachableError, messageOf } from '../errors/errors.ts';
import { LOAD_EXIT_CODES as EXIT_CODES, carriedOut, loadEnd } from './load-end.ts';
import { LOAD_OPTIONS, type LoadOption } from './load-options.ts';
import { writeLoadReport } from './load-report.ts';
import { runAsThread } from './load-thread.ts';
import { progressText } from './progress-text.ts';
import { readLoadSettings } from './read-load-settings.ts';
import { runLoad } from './run-load.ts';

/** Of this program alone, beside those that both programs take. */
const OWN_OPTIONS: readonly LoadOption[] = [
  { name: 'report-file', value: '<path>', description: 'also write the report there' },
  {
    name: 'exit-zero-on-failures',
    value: null,
    description: 'end with 0 also when requests failed: the report tells, and its reader judges',
  },
];

const USAGE = `usage: proxybench-load URL OPTIONS

${[...LOAD_OPTIONS, ...OWN_OPTIONS].map((option) => usageLine(option)).join('\n')}

Exit codes: 0 every request was answered with 2xx, 1 a fault of this program, 2 cannot be used as typed, 3 requests failed
or none was answered, 5 stopped before its end, 7 the name has no address.
`;

function usageLine({ name, value, description }: LoadOption): string {
  return `  ${`--${name}${value === null ? '' : ` ${value}`}`.padEnd(24)} ${description}`;
}

function readArguments(argv: readonly string[]) {
  const options = Object.fromEntries(
    [...LOAD_OPTIONS, ...OWN_OPTIONS].map((option: LoadOption) => [
      option.name,
      {
        type: option.value === null ? ('boolean' as const) : ('string' as const),
        multiple: option.isRepeated === true,
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    return { values: values as Readonly<Record<string, unknown>>, positionals };
  } catch (thrown) {
    throw new InvalidInputError([{ path: 'arguments', message: messageOf(thrown), hint: 'See --help' }]);
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv);
  if (values['help'] === true) {
    process.stdout.write(USAGE);
    return EXIT_CODES.passed;
  }
  const [url, ...others] = positionals;
  if (url === undefined || others.length > 0) {
    throw new InvalidInputError([{ path: 'url', message: 'one URL is needed', hint: 'See --help' }]);
  }
  const settings = readLoadSettings({ url, values });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  const { isTTY } = process.stderr;
  const report = await runLoad({
    settings,
    signal: stopping.signal,
    threadProgram: new URL(import.meta.url),
    ...(isTTY ? { onProgress: (progress) => void process.stderr.write(`\r${progressText(progress)}\u001b[K`) } : {}),
  });
  if (isTTY) process.stderr.write('\r\u001b[K');
  const text = `${writeLoadReport(report)}\n`;
  // First of all: a file that cannot be written must not cost what was measured.
  process.stdout.write(text);
  const file = values['report-file'];
  // Written in place: a container's termination message is a mounted file that cannot be replaced.
  if (typeof file === 'string') writeFileSync(file, text);
  const end = loadEnd(report);
  const isExcused = end === 'failed' && values['exit-zero-on-failures'] === true && carriedOut(report);
  return EXIT_CODES[isExcused ? 'passed' : end];
}

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof InvalidInputError) return EXIT_CODES.usage;
  return thrown instanceof UnreachableError ? EXIT_CODES.unreachable : EXIT_CODES.internal;
}

if (!(await runAsThread())) {
  // A reader of the report that has left must not hide how the load ended.
  process.stdout.on('error', () => undefined);
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (thrown) {
    process.stderr.write(`proxybench-load: ${messageOf(thrown)}\n`);
    process.exitCode = exitCodeOf(thrown);
  }
}
