// Whether a line carries what it is given, word for word, and brings back how it went.
import type { Check } from '../cluster.ts';
import { well, wrong } from '../diagnosis/check.ts';
import { remoteScript } from './remote-script.ts';
import type { Route } from './route.ts';

export const LINE_CHECK = 'the line answers';

/** What shells and quoting get wrong. */
const WORDS: readonly string[] = ['two words', "it's", '"quoted"', '$HOME `id` \\', 'a\nb', '', '*', '-n', ';&|<>'];
const INPUT = 'one line\n\tand "another" one\n';
const EXIT_CODE = 7;
/** Slower than this and a run's readings fall behind by themselves. */
const SLOW_MS = 5_000;

/** @throws UnreachableError when `trans` cannot be run */
export async function checkLine(input: {
  readonly route: Route;
  readonly signal: AbortSignal;
}): Promise<readonly Check[]> {
  const { route, signal } = input;
  const startedAtMs = performance.now();
  const { output, errorTail, ended, exit } = await route.callBare({
    purpose: 'try the line',
    script: remoteScript('line'),
    args: WORDS,
    input: INPUT,
    maxBytes: 64 * 1024,
    signal,
  });
  const tookMs = Math.round(performance.now() - startedAtMs);
  const text = output.toString('utf8');
  const tryIt = `trans ${route.name} sh -- true`;
  if (ended !== 'by-itself' || text === '') {
    const said = errorTail.trim().slice(-300);
    const why =
      ended === 'by-itself'
        ? `trans ended with code ${String(exit.code)}${said === '' ? '' : `: ${said}`}`
        : `no answer within ${tookMs} ms`;
    const hint = `Name a route that trans knows: targets.*.route in sub2api.yaml; and see that the machine is up. This should end with 0 where the worker runs: ${tryIt}`;
    return [wrong({ name: LINE_CHECK, detail: why, hint })];
  }
  const name = 'the line carries words, input and exit codes';
  const expected = [...WORDS, INPUT].map((word) => `${word.length}:${word}\n`).join('');
  const faults = [
    ...(text.includes(expected) ? [] : ['arguments or input arrive changed']),
    ...(exit.code === EXIT_CODE ? [] : [`an exit code of ${EXIT_CODE} came back as ${String(exit.code)}`]),
  ];
  const slow = tookMs > SLOW_MS;
  const hintSlow = 'Readings are taken on the far side and not lost; a run is followed with this delay';
  return [
    slow
      ? wrong({ name: LINE_CHECK, detail: `after ${tookMs} ms`, hint: hintSlow, advisory: true })
      : well({ name: LINE_CHECK, detail: `in ${tookMs} ms` }),
    faults.length === 0
      ? well({ name, detail: 'spaces, quotes, line ends and empty words arrive as they are' })
      : wrong({
          name,
          detail: faults.join('; '),
          hint: `Have trans pass argv, standard input and the exit code as they are; compare: trans ${route.name} sh -- printf '[%s]' "two words" "it's"`,
        }),
  ];
}
