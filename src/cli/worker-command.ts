// `worker`: serves runs until it is told to stop.
import { resolve } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { InvalidInputError } from '../errors/errors.ts';
import { giveLifeSign } from '../processes/life-sign.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { abortedBy } from './interrupts.ts';
import { newCommand } from './new-command.ts';
import { withRuns } from './open-runs.ts';
import {
  addressOption,
  configDirOption,
  debugOption,
  namespaceOption,
  stateDirOption,
  taskQueueOption,
} from './options.ts';
import type { Session } from './session.ts';

export function workerCommand({ session }: { readonly session: Session }) {
  return newCommand({
    name: 'worker',
    summary: 'serve runs: the process that reaches targets and proxies',
    description:
      'Polls the task queue and does what runs ask for. It alone needs access to clusters and the secrets of proxies. A run ' +
      'survives it: kill it, start it again, and the run goes on. Ctrl-C or SIGTERM stops it in order.',
    examples: [
      ['proxybench worker', 'serve the default queue of a Temporal on this machine'],
      [
        'TEMPORAL_ADDRESS=temporal.example:7233 proxybench worker --config-dir /etc/proxybench',
        'serve a Temporal elsewhere',
      ],
    ],
    exitCodes: [EXIT_CODES.passed, EXIT_CODES.internal, EXIT_CODES.usage, EXIT_CODES.unreachable],
  })
    .addOption(configDirOption())
    .addOption(stateDirOption())
    .addOption(addressOption())
    .addOption(namespaceOption())
    .addOption(taskQueueOption())
    .addOption(
      new Option(
        '--workflow-bundle <file>',
        'workflows as scripts/bundle-workflows.ts left them, instead of bundling',
      ).env('PROXYBENCH_WORKFLOW_BUNDLE'),
    )
    .addOption(
      new Option('--life-sign <file>', 'file to touch every 5 s while polling, for a probe to look at').env(
        'PROXYBENCH_LIFE_SIGN',
      ),
    )
    .addOption(debugOption())
    .action(async (options) => {
      refuseBun();
      const { configDir, stateDir, taskQueue, workflowBundle, lifeSign } = options;
      const { loadConfig } = await import('../config/load-config.ts');
      await loadConfig({ configDir });
      const { console, interrupts } = session;
      const { settings } = await withRuns({
        console,
        options,
        use: async (open) => {
          const { ensureSearchAttributes } = await import('../temporal/search-attributes.ts');
          await ensureSearchAttributes({ temporal: open.temporal });
          return open;
        },
      });
      // Native code of the SDK, which the rest of the command line does without.
      const { runWorker } = await import('../worker.ts');
      const { address, namespace } = settings;
      const { signal, stop } = abortedBy(interrupts);
      let sign: ReturnType<typeof giveLifeSign> | undefined;
      signal.addEventListener('abort', () => console.note('stopping: runs go on with the next worker'), { once: true });
      try {
        await runWorker({
          ...settings,
          taskQueue,
          configDir,
          // A stage's supervisor runs in a folder of its own, where a relative path would lead elsewhere.
          stateDir: resolve(stateDir),
          ...(workflowBundle === undefined ? {} : { workflowBundleFile: resolve(workflowBundle) }),
          signal,
          onReady: () => {
            if (lifeSign !== undefined) sign = giveLifeSign({ file: lifeSign });
            console.note(`worker ready: queue ${taskQueue} at ${address}, namespace ${namespace}`);
          },
          onLog: (line) => console.note(line),
        });
      } finally {
        sign?.stop();
        stop();
      }
    });
}

/** The SDK's worker is native code made for Node. */
function refuseBun(): void {
  if (process.versions['bun'] === undefined) return;
  throw new InvalidInputError([
    {
      path: 'worker',
      value: `bun ${process.versions['bun']}`,
      message: "the worker cannot run under bun: Temporal's worker needs Node",
      hint: 'Use Node for this one: node scripts/cli.ts worker, or npx proxybench worker',
    },
  ]);
}
