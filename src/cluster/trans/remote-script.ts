// The constant scripts that run on the far side, kept as files that a person can read and try there.
import { readFileSync } from 'node:fs';

export type ScriptName =
  | 'api'
  | 'api-call'
  | 'api-calls'
  | 'line'
  | 'finish-recorder'
  | 'frame'
  | 'kubectl'
  | 'look'
  | 'look-once'
  | 'needs'
  | 'reach-control'
  | 'read-control'
  | 'read-spool'
  | 'recorder'
  | 'remove-spool'
  | 'spool'
  | 'start-recorder';

const read = new Map<ScriptName, string>();

/** The scripts one after another, as one: what the later ones need comes first. */
export function remoteScript(...names: readonly ScriptName[]): string {
  return names.map(textOf).join('\n');
}

function textOf(name: ScriptName): string {
  const known = read.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`./scripts/${name}.sh`, import.meta.url), 'utf8');
  read.set(name, text);
  return text;
}
