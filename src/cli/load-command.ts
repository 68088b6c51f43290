// `load http`: the load generator, with its figures for people or as a document.
import { Option } from '@commander-js/extra-typings';
import { LOAD_OPTIONS, type LoadOption } from '../load/load-options.ts';
import { emit } from './emit.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { abortedBy } from './interrupts.ts';
import { shownListenAddress } from './listen-address.ts';
import { newCommand } from './new-command.ts';
import { debugOption, outputOption } from './options.ts';
import type { Session } from './session.ts';

/** What a further thread runs. */
const THREAD_PROGRAM = new URL('../load/main.ts', import.meta.url);

export function loadCommand({ session }: { readonly session: Session }) {
  return newCommand({ name: 'load', summary: 'put a server or proxy under load and measure it' })
    .enablePositionalOptions()
    .addCommand(loadHttpCommand({ session }));
}

function loadHttpCommand({ session }: { readonly session: Session }) {
  const command = newCommand({
    name: 'http',
    summary: 'requests over HTTP, in a closed or an open loop',
    description:
      'Closed loop: each connection sends its next request when the one before is answered; it shows how fast the target ' +
      'is. Open loop (--rate): requests are due by a schedule, and times count from then, so that a stall shows in every ' +
      'request that it held up. Nothing else is needed: no configuration, no Temporal.',
    examples: [
      ['proxybench load http http://127.0.0.1:988/ --requests 200000 --connections 200 --http10', 'as ab does'],
      [
        'proxybench load http http://127.0.0.1:988/ --rate 500 --duration 30s --keep-alive',
        '500 a second, whatever comes',
      ],
    ],
    exitCodes: [
      { ...EXIT_CODES.passed, meaning: 'Every request was answered with 2xx.' },
      EXIT_CODES.internal,
      EXIT_CODES.usage,
      { ...EXIT_CODES.failed, name: 'requests failed', meaning: 'No whole answer, or a status other than 2xx.' },
      { ...EXIT_CODES.cancelled, meaning: 'Ctrl-C or SIGTERM; what was measured until then is shown.' },
      { ...EXIT_CODES.unreachable, meaning: 'The name in the URL has no address.' },
    ],
  })
    .argument('<url>', 'http://host:port/path')
    .addOption(outputOption())
    .addOption(debugOption());
  for (const option of LOAD_OPTIONS) command.addOption(asOption(option));
  return command.action(async (url, options) => {
    const { readLoadSettings } = await import('../load/read-load-settings.ts');
    const { runLoad } = await import('../load/run-load.ts');
    const { loadEnd } = await import('../load/load-end.ts');
    const { progressText } = await import('../load/progress-text.ts');
    const { renderLoad } = await import('../reports/load-text.ts');
    const { console, interrupts } = session;
    const settings = readLoadSettings({ url, values: valuesOf(options) });
    const { signal, stop } = abortedBy(interrupts);
    const drawn = console.noteTerminal !== null;
    try {
      const report = await runLoad({
        settings,
        signal,
        threadProgram: THREAD_PROGRAM,
        ...(drawn ? { onProgress: (progress) => console.draw(`\r${progressText(progress)}\u001b[K`) } : {}),
      });
      if (drawn) console.draw('\r\u001b[K');
      const { host, port, path, method } = settings;
      emit({
        console,
        format: options.output,
        document: { kind: 'load', ...report },
        // A query may hold a secret.
        text: () =>
          renderLoad({
            title: `${method} http://${shownListenAddress({ host, port })}${path.split('?', 1)[0]}`,
            report,
            paint: console.paint,
          }),
      });
      session.exitCode = EXIT_CODES[loadEnd(report)].code;
    } finally {
      stop();
    }
  });
}

function asOption({ name, value, description, isRepeated = false }: LoadOption) {
  const option = new Option(`--${name}${value === null ? '' : ` ${value}`}`, description);
  if (!isRepeated) return option;
  return option.argParser((text: string, before: unknown): unknown => [...listOf(before), text]);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** By the names of the options; the library has them by its own: `keepAlive`. */
function valuesOf(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const camel = (name: string): string => name.replaceAll(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
  return Object.fromEntries(LOAD_OPTIONS.map(({ name }) => [name, options[camel(name)]]));
}
