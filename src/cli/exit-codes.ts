// The one list of exit codes; docs/exit-codes.md and every help text are made from it.
import { InvalidInputError, UnreachableError } from '../errors/errors.ts';
import type { RunOutcome } from '../evidence/verdict.ts';
import { wrapText } from '../reports/wrap-text.ts';

/** One way in which a command ends. */
export interface ExitCode {
  readonly code: number;
  readonly name: string;
  readonly meaning: string;
}

export const EXIT_CODES = {
  passed: {
    code: 0,
    name: 'passed',
    meaning: 'The command did what it was asked; a run that was waited for has passed.',
  },
  internal: { code: 1, name: 'internal error', meaning: 'A fault of this program; `--debug` shows where.' },
  usage: {
    code: 2,
    name: 'usage or configuration',
    meaning: 'The command line or the configuration cannot be used; nothing was started.',
  },
  failed: {
    code: 3,
    name: 'verdict failed',
    meaning:
      'A stage failed, the proxy was bypassed or saw too little traffic, or a threshold of the profile was not kept to.',
  },
  deadline: { code: 4, name: 'deadline', meaning: 'A stage or the run outlived its deadline.' },
  cancelled: { code: 5, name: 'cancelled', meaning: 'The run was cancelled; the evidence so far is kept.' },
  incomplete: {
    code: 6,
    name: 'evidence incomplete',
    meaning: 'The run ended, but what was seen at the proxy does not suffice for a verdict.',
  },
  unreachable: {
    code: 7,
    name: 'unreachable',
    meaning: 'A target, its proxy, the Temporal service or a worker does not answer.',
  },
  detached: { code: 130, name: 'detached', meaning: 'Ctrl-C while watching: the run goes on without you.' },
} as const satisfies Record<string, ExitCode>;

const BY_OUTCOME: Readonly<Record<RunOutcome, ExitCode>> = {
  passed: EXIT_CODES.passed,
  failed: EXIT_CODES.failed,
  deadline: EXIT_CODES.deadline,
  cancelled: EXIT_CODES.cancelled,
  'evidence-incomplete': EXIT_CODES.incomplete,
  unreachable: EXIT_CODES.unreachable,
};

/** Of several runs, the one that says most decides: something measured and failed before something not measured. */
const STRONGEST_FIRST: readonly ExitCode[] = [
  EXIT_CODES.internal,
  EXIT_CODES.usage,
  EXIT_CODES.failed,
  EXIT_CODES.deadline,
  EXIT_CODES.incomplete,
  EXIT_CODES.unreachable,
  EXIT_CODES.cancelled,
  EXIT_CODES.passed,
];

/** The exit code that stands for a verdict. */
export function exitCodeOfOutcome(outcome: RunOutcome): number {
  return BY_OUTCOME[outcome].code;
}

/** The exit code that stands for something thrown. */
export function exitCodeOfError(thrown: unknown): number {
  if (thrown instanceof InvalidInputError) return EXIT_CODES.usage.code;
  if (thrown instanceof UnreachableError) return EXIT_CODES.unreachable.code;
  return EXIT_CODES.internal.code;
}

/** One code for several runs; 0 for none. */
export function strongestExitCode(codes: readonly number[]): number {
  return STRONGEST_FIRST.find(({ code }) => codes.includes(code))?.code ?? EXIT_CODES.passed.code;
}

/** Columns of the help, as the library breaks the rest of it. */
const HELP_WIDTH = 80;

/** The list as lines of a help text: `  3    verdict failed  …`. */
export function exitCodeLines(codes: readonly ExitCode[]): string {
  return codes
    .flatMap(({ code, name, meaning }) => {
      const start = `  ${String(code).padEnd(4)} ${name.padEnd(23)} `;
      const lines = wrapText({ text: meaning, width: HELP_WIDTH - start.length });
      return lines.map((line, index) => (index === 0 ? start : ' '.repeat(start.length)) + line.trimStart());
    })
    .join('\n');
}

/** The list as the page docs/exit-codes.md. */
export function exitCodesPage(): string {
  const rows = Object.values(EXIT_CODES).map(({ code, name, meaning }) => `| ${code} | ${name} | ${meaning} |`);
  const order = STRONGEST_FIRST.map(({ code }) => code).join(', ');
  return [
    '<!-- Made by scripts/generate-exit-codes.ts from src/cli/exit-codes.ts; a test compares the two. -->',
    '# Exit codes',
    '',
    'Every command ends with one of these. `run --confirm` ends with 0 once the runs are started; add `--wait` to end with',
    'the verdict. `status` ends with 0 when it could show something; add `--watch` or `--exit-code` to end with the verdict.',
    '',
    '| code | name | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
    `Of several targets the strongest code counts, in this order: ${order}.`,
    '',
  ].join('\n');
}
