// Reads one YAML file into plain data that remembers where each value stands, or says in one message why it cannot.
import { readFile, stat } from 'node:fs/promises';
import { LineCounter, isNode, isPair, isMap, isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { messageOf } from '../errors/errors.ts';
import type { Problem } from '../errors/errors.ts';

/** Largest file that is read, in bytes. */
const MAX_BYTES = 1_048_576;

/** Most values that aliases may stand for, so that a few lines cannot fill the memory. */
const MAX_ALIASES = 100;

/** A path within a file. */
export type ValuePath = readonly (string | number)[];

/** What was read. */
export interface YamlFile {
  /** The file, as the user would open it. */
  readonly file: string;
  readonly data: unknown;
  /** `file:line:column` of a value, or of the nearest thing around it that stands in the file. */
  whereIs(path: ValuePath): string;
}

/** What to do about a file that is not there, too large, or empty. */
export interface YamlFileHints {
  readonly missing: string;
  readonly tooLarge: string;
  readonly empty: string;
}

const CONFIGURATION_HINTS: YamlFileHints = {
  missing: 'Put the YAML file here, or name another folder with --config-dir',
  tooLarge: 'Keep only targets and profiles in it',
  empty: 'Fill it in as docs/configuration.md shows',
};

/** The file's content, or the problems that keep it from being read. `hints` are those of a configuration unless given. */
export async function readYamlFile(
  file: string,
  hints: YamlFileHints = CONFIGURATION_HINTS,
): Promise<{ readonly yaml: YamlFile } | { readonly problems: readonly Problem[] }> {
  const read = await readText({ file, hints });
  if ('problem' in read) return { problems: [read.problem] };
  const lines = new LineCounter();
  try {
    const document = parseDocument(read.text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    const faults = [...document.errors, ...document.warnings];
    const syntax = faults.find((fault) => fault.code !== 'DUPLICATE_KEY');
    const told = syntax === undefined ? faults : [syntax];
    if (told.length > 0) {
      if (told.some((fault) => STACK_EXHAUSTED.test(fault.message)))
        return { problems: [plainlyProblem({ file, message: TOO_DEEP })] };
      return {
        problems: told.map((fault) =>
          yamlProblem({ file, at: lines.linePos(fault.pos[0]), code: fault.code, message: fault.message }),
        ),
      };
    }
    if (document.contents === null)
      return { problems: [{ file, path: '(file)', message: 'is empty', hint: hints.empty }] };
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { yaml: { file, data, whereIs: (path) => whereIs({ file, document, lines, path }) } };
  } catch (thrown) {
    const message = thrown instanceof RangeError ? TOO_DEEP : `is no usable YAML: ${firstLine(messageOf(thrown))}`;
    return { problems: [plainlyProblem({ file, message })] };
  }
}

/** How the library, or Node itself, tells that nesting went beyond the stack. */
const STACK_EXHAUSTED = /call stack/;
const TOO_DEEP = 'is nested too deeply';

function plainlyProblem(input: { readonly file: string; readonly message: string }): Problem {
  const hint = 'Write the values out plainly, without nesting or aliases that stand for many';
  return { ...input, path: '(file)', hint };
}

async function readText(input: {
  readonly file: string;
  readonly hints: YamlFileHints;
}): Promise<{ readonly text: string } | { readonly problem: Problem }> {
  const { file, hints } = input;
  const problem = (message: string, hint: string) => ({ problem: { file, path: '(file)', message, hint } });
  try {
    const facts = await stat(file);
    if (!facts.isFile()) return problem('is not a file', hints.missing);
    if (facts.size > MAX_BYTES) return problem(`is larger than ${MAX_BYTES} bytes`, hints.tooLarge);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)) };
  } catch (thrown) {
    if (thrown instanceof TypeError) return problem('is not UTF-8 text', 'Save it as UTF-8');
    if (isErrorWithCode(thrown) && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR')) {
      return problem('does not exist', hints.missing);
    }
    return problem(`cannot be read: ${messageOf(thrown)}`, 'Let the user that runs the program read it');
  }
}

function yamlProblem(input: {
  readonly file: string;
  readonly at: { line: number; col: number };
  readonly code: string;
  readonly message: string;
}): Problem {
  const { file, at, code, message } = input;
  const place = { file: `${file}:${at.line}:${at.col}`, path: '(syntax)' };
  if (code === 'MULTIPLE_DOCS')
    return { ...place, message: 'holds more than one document', hint: 'Take the line --- out' };
  if (code === 'DUPLICATE_KEY') return { ...place, message: 'gives a setting twice', hint: 'Keep one of the two' };
  return { ...place, message: `is no usable YAML: ${firstLine(message)}`, hint: 'Correct the YAML there' };
}

function whereIs(input: {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly path: ValuePath;
}): string {
  const { file, document, lines, path } = input;
  for (let length = path.length; length > 0; length -= 1) {
    const offset = offsetOf({ document, path: path.slice(0, length) });
    if (offset !== null) {
      const { line, col } = lines.linePos(offset);
      return `${file}:${line}:${col}`;
    }
  }
  return file;
}

/** Where a value's key starts, or the value itself in a list. */
function offsetOf(input: { readonly document: Document; readonly path: ValuePath }): number | null {
  const { document, path } = input;
  const key = path.at(-1);
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
    );
    return isNode(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
  }
  const node: unknown = document.getIn(path, true);
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}

function isErrorWithCode(thrown: unknown): thrown is Error & { readonly code: unknown } {
  return thrown instanceof Error && 'code' in thrown;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim();
}
