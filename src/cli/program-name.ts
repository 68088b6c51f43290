// How the user can call this program again, from where they are.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath } from '../processes/find-on-path.ts';

const ROOT = new URL('../../', import.meta.url);

/** `proxybench` where it is on the PATH, else the script by its path, run by what runs this. */
export function programName({ env }: { readonly env: Readonly<Record<string, string | undefined>> }): string {
  if (findOnPath({ program: 'proxybench', path: env['PATH'] ?? '' }) !== null) return 'proxybench';
  const [runtime, script] =
    process.versions['bun'] === undefined ? ['node', 'scripts/proxybench.mjs'] : ['bun', 'scripts/cli.ts'];
  const path = fileURLToPath(new URL(script, ROOT));
  const fromHere = relative(process.cwd(), path);
  return `${runtime} ${fromHere.length < path.length ? fromHere : path}`;
}

/** A command line that the user can type here, from the words that lead to a command: `proxybench status`. */
export function commandLine(input: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly path: string;
}): string {
  return `${programName(input)} ${input.path.replace(/^proxybench /, '')}`;
}

/** What a message tells to type: `proxybench` and one of these; elsewhere the word is the program's name. */
const TYPED =
  /\bproxybench (?=(?:cancel|doctor|list|load|logs|platform-infra|quickstart|run|serve|status|traffic|worker)\b)/g;

/** A message with the commands in it as the user can type them here. */
export function typedHere(input: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}): string {
  const { env, text } = input;
  return text.replace(TYPED, () => `${programName({ env })} `);
}
