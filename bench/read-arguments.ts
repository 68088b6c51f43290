// What a bench is told on its command line. The comment that its file begins with is its help.
import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { messageOf } from '../src/errors/errors.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Ends the process with 0 after `--help`, and with 2 when a word cannot be understood, which it names.
 * `bench`: the file's own URL. `mostNumbers`: how many whole numbers from 1 on may be given as words; default none.
 */
export function readArguments<const Given extends Options>(input: {
  readonly bench: string;
  readonly options: Given;
  readonly mostNumbers?: number;
}): {
  readonly values: ReturnType<typeof parseArgs<{ options: Given; allowPositionals: true }>>['values'];
  readonly numbers: readonly number[];
} {
  const { bench, options, mostNumbers = 0 } = input;
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpOf(bench));
    process.exit(0);
  }
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values, numbers: wholeNumbers({ words: positionals, most: mostNumbers }) };
  } catch (thrown) {
    process.stderr.write(`${messageOf(thrown)}\n\n${helpOf(bench)}`);
    process.exit(2);
  }
}

function wholeNumbers({ words, most }: { readonly words: readonly string[]; readonly most: number }): number[] {
  const [tooMany] = words.slice(most);
  if (tooMany !== undefined) throw new Error(`Nothing is known of the word ${JSON.stringify(tooMany)}.`);
  return words.map((word) => {
    if (!/^[1-9]\d{0,8}$/.test(word)) throw new Error(`${JSON.stringify(word)} is no whole number from 1 on.`);
    return Number(word);
  });
}

function helpOf(bench: string): string {
  const lines = readFileSync(new URL(bench), 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .map((line) => `${line.replace(/^\/\/ ?/, '')}\n`)
    .join('');
}
