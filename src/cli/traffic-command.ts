// `traffic`: a live look at a target's proxy.
import { Option } from '@commander-js/extra-typings';
import { renderTraffic } from '../reports/traffic-text.ts';
import { emit } from './emit.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { newCommand } from './new-command.ts';
import { withRuns } from './open-runs.ts';
import { addressOption, debugOption, namespaceOption, outputOption, taskQueueOption, wholeNumber } from './options.ts';
import type { Session } from './session.ts';

export function trafficCommand({ session, path }: { readonly session: Session; readonly path: string }) {
  return newCommand({
    name: 'traffic',
    summary: "a live look at a target's proxy",
    description:
      "Samples the proxy's counters for some seconds, through the worker, and shows the window, the rate, the proxy's own " +
      'total, who moved most to where, and the part that no connection explains.',
    examples: [[`${path} --target D601 --sample-seconds 10`, 'ten seconds of it']],
    exitCodes: [EXIT_CODES.passed, EXIT_CODES.internal, EXIT_CODES.usage, EXIT_CODES.unreachable],
  })
    .requiredOption('--target <name>', 'target, or its node, by name')
    .addOption(
      new Option('--sample-seconds <n>', 'how long, 1 to 300')
        .argParser((text: string): number => wholeNumber({ text, least: 1, most: 300 }))
        .default(10),
    )
    .addOption(outputOption())
    .addOption(addressOption())
    .addOption(namespaceOption())
    .addOption(taskQueueOption())
    .addOption(debugOption())
    .action(async (options) => {
      const { target, sampleSeconds: seconds, output } = options;
      const { console } = session;
      const sample = await withRuns({
        console,
        options,
        use: ({ runs }) => {
          console.note(`looking at the proxy of ${target} for ${seconds} s`);
          return runs.sampleTraffic({ target, seconds });
        },
      });
      emit({
        console,
        format: output,
        document: { version: 1, kind: 'traffic', ...sample },
        text: () => renderTraffic({ sample, paint: console.paint, width: console.width() }),
      });
    });
}
