// Reads a Dockerfile as far as the project's own goes; anything else in one is an error, never passed over.

/** One instruction of a stage, in the Dockerfile's order. */
export type Instruction =
  | { readonly kind: 'run'; readonly command: string }
  | {
      readonly kind: 'copy';
      /** The stage to copy from; absent for the build's own files. */
      readonly from?: string;
      readonly owner?: string;
      readonly sources: readonly string[];
      readonly destination: string;
    }
  | { readonly kind: 'env' | 'label'; readonly name: string; readonly value: string }
  | { readonly kind: 'workdir' | 'user' | 'volume'; readonly value: string }
  | { readonly kind: 'entrypoint' | 'command'; readonly argv: readonly string[] };

/** What lies between two FROM. */
export interface Stage {
  readonly name: string | null;
  /** The image or the stage that it begins with. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** @throws Error naming the line that is not understood */
export function parseDockerfile(text: string): readonly Stage[] {
  const defaults = new Map<string, string>();
  const stages: { name: string | null; base: string; instructions: Instruction[] }[] = [];
  const lines = text.replaceAll(/\\\n\s*/g, ' ').split('\n');
  for (const line of lines.filter((each) => each.trim() !== '' && !each.startsWith('#'))) {
    const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line.trim()) ?? [];
    const stage = stages.at(-1);
    if (word === 'ARG' && stage === undefined) {
      defaults.set(...pair(rest));
    } else if (word === 'FROM') {
      const [, base = '', name = null] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? notUnderstood(line);
      stages.push({ name, base: filledIn({ text: base, values: defaults }), instructions: [] });
    } else {
      (stage ?? notUnderstood(line)).instructions.push(instruction({ word, rest, line }));
    }
  }
  return stages;
}

function instruction(input: { readonly word: string; readonly rest: string; readonly line: string }): Instruction {
  const { word, rest, line } = input;
  switch (word) {
    case 'RUN':
      return { kind: 'run', command: rest };
    case 'COPY':
      return copy(rest);
    case 'ENV':
    case 'LABEL': {
      const [name, value] = pair(rest);
      return { kind: word === 'ENV' ? 'env' : 'label', name, value };
    }
    case 'WORKDIR':
      return { kind: 'workdir', value: rest };
    case 'USER':
      return { kind: 'user', value: rest };
    case 'VOLUME':
      return { kind: 'volume', value: rest };
    case 'ENTRYPOINT':
      return { kind: 'entrypoint', argv: JSON.parse(rest) as string[] };
    case 'CMD':
      return { kind: 'command', argv: JSON.parse(rest) as string[] };
    default:
      return notUnderstood(line);
  }
}

function copy(rest: string): Instruction {
  const words = rest.split(/\s+/);
  const flag = (name: string): string | undefined =>
    words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const paths = words.filter((word) => !word.startsWith('--'));
  const from = flag('from');
  const owner = flag('chown');
  if (words.length - paths.length !== [from, owner].filter((value) => value !== undefined).length) {
    return notUnderstood(`COPY ${rest}`);
  }
  return {
    kind: 'copy',
    ...(from === undefined ? {} : { from }),
    ...(owner === undefined ? {} : { owner }),
    sources: paths.slice(0, -1),
    destination: paths.at(-1) ?? '',
  };
}

function pair(text: string): [string, string] {
  const [, name, quoted, plain] = /^([\w.]+)=(?:"([^"]*)"|([^"\s]*))$/.exec(text) ?? notUnderstood(text);
  return [name ?? '', quoted ?? plain ?? ''];
}

function filledIn(input: { readonly text: string; readonly values: ReadonlyMap<string, string> }): string {
  return input.text.replaceAll(/\$\{(\w+)\}/g, (all, name: string) => input.values.get(name) ?? notUnderstood(all));
}

function notUnderstood(line: string): never {
  throw new Error(`this Dockerfile is not understood at: ${line}`);
}
