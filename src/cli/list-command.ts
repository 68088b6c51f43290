// `list`: the runs that Temporal remembers.
import { Option } from '@commander-js/extra-typings';
import { renderList } from '../reports/list-table.ts';
import { LISTED_STATES } from '../temporal/listed-state.ts';
import { emit } from './emit.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { newCommand } from './new-command.ts';
import { withRuns } from './open-runs.ts';
import { addressOption, debugOption, namespaceOption, outputOption, taskQueueOption, wholeNumber } from './options.ts';
import type { Session } from './session.ts';

export function listCommand({ session }: { readonly session: Session }) {
  return newCommand({
    name: 'list',
    summary: 'the runs that Temporal remembers, newest first',
    examples: [
      ['proxybench list --state running', 'what goes on now'],
      ['proxybench list --target D601 --profile real-deps-500m --limit 5', 'the last five of one kind on one target'],
    ],
    exitCodes: [EXIT_CODES.passed, EXIT_CODES.internal, EXIT_CODES.usage, EXIT_CODES.unreachable],
  })
    .option('--target <name>', 'runs on this target')
    .option('--profile <name>', 'runs of this profile')
    .addOption(new Option('--state <state>', 'runs in this state').choices(LISTED_STATES))
    .addOption(
      new Option('--limit <n>', 'how many, 1 to 1000')
        .argParser((text: string): number => wholeNumber({ text, least: 1, most: 1_000 }))
        .default(20),
    )
    .addOption(outputOption())
    .addOption(addressOption())
    .addOption(namespaceOption())
    .addOption(taskQueueOption())
    .addOption(debugOption())
    .action(async (options) => {
      const { target, profile, state, limit, output } = options;
      const filter = {
        limit,
        ...(target === undefined ? {} : { target }),
        ...(profile === undefined ? {} : { profile }),
        ...(state === undefined ? {} : { state }),
      };
      const { console } = session;
      const found = await withRuns({ console, options, use: ({ runs }) => runs.listRuns(filter) });
      if (found.length === 0) console.note('no runs match');
      if (found.length === 0 && output === 'table') return;
      emit({
        console,
        format: output,
        document: { version: 1, kind: 'list', runs: found },
        text: () => renderList({ runs: found, nowMs: Date.now(), paint: console.paint, width: console.width() }),
      });
    });
}
