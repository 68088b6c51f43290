// `doctor`: looks at everything that a run needs, and says how to mend what is wrong.
import type { Check } from '../activities/contract.ts';
import type { Config } from '../config/config.ts';
import { InvalidInputError, UnreachableError, messageOf } from '../errors/errors.ts';
import { renderChecks } from '../reports/checks-text.ts';
import { emit } from './emit.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { newCommand } from './new-command.ts';
import { type OpenRuns, type TemporalOptions, settingsOf, withRuns } from './open-runs.ts';
import {
  addressOption,
  configDirOption,
  debugOption,
  namespaceOption,
  outputOption,
  taskQueueOption,
} from './options.ts';
import { typedHere } from './program-name.ts';
import type { Session } from './session.ts';

/** Node's versions that the libraries take. */
const LEAST_NODE = [22, 19] as const;

export function doctorCommand({ session }: { readonly session: Session }) {
  return newCommand({
    name: 'doctor',
    summary: 'check everything that a run needs',
    description:
      'Checks this machine, the configuration, Temporal and its workers, and with a target named also the target, its tools ' +
      'and its proxy, through a worker. Changes nothing. Every failed check says how to mend it.',
    examples: [
      ['proxybench doctor', 'this machine, the configuration, Temporal'],
      ['proxybench doctor local', 'and the target local with its proxy'],
    ],
    exitCodes: [EXIT_CODES.passed, EXIT_CODES.internal, EXIT_CODES.usage, EXIT_CODES.unreachable],
  })
    .argument('[target]', 'target to look at through a worker')
    .addOption(configDirOption())
    .addOption(outputOption())
    .addOption(addressOption())
    .addOption(namespaceOption())
    .addOption(taskQueueOption())
    .addOption(debugOption())
    .action(async (target, options) => {
      const { console } = session;
      const configured = await checkConfig({ configDir: options.configDir, target });
      const temporal = await checkTemporal({ session, options, target: configured.ok ? target : undefined });
      const checks = [checkNode(), ...configured.checks, ...temporal].map((check) => ({
        ...check,
        hint: typedHere({ env: console.env, text: check.hint }),
      }));
      emit({
        console,
        format: options.output,
        document: { version: 1, kind: 'doctor', ok: checks.every(({ ok }) => ok), checks },
        text: () => renderChecks({ checks, paint: console.paint }),
      });
      if (!configured.ok) session.exitCode = EXIT_CODES.usage.code;
      else if (checks.some(({ ok }) => !ok)) session.exitCode = EXIT_CODES.unreachable.code;
    });
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  const ok = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  const runtime =
    process.versions['bun'] === undefined ? `Node ${process.versions.node}` : `bun ${process.versions['bun']}`;
  return {
    name: 'the runtime is new enough',
    ok,
    detail: runtime,
    hint: ok ? '' : `Use Node ${LEAST_NODE.join('.')} or newer; \`npm ci\` brings one: node_modules/.bin/node`,
  };
}

async function checkConfig({
  configDir,
  target,
}: {
  readonly configDir: string;
  readonly target: string | undefined;
}): Promise<{
  readonly ok: boolean;
  readonly checks: readonly Check[];
}> {
  const name = 'the configuration can be used';
  try {
    const { loadConfig } = await import('../config/load-config.ts');
    const { resolveTarget } = await import('../config/config.ts');
    const config = await loadConfig({ configDir });
    if (target !== undefined) resolveTarget({ config, name: target });
    return { ok: true, checks: [{ name, ok: true, detail: `${configDir}: ${inventory(config)}`, hint: '' }] };
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    return { ok: false, checks: failed({ name, thrown }) };
  }
}

function inventory({ targets, profiles }: Config): string {
  return `targets ${Object.keys(targets).join(', ')}; profiles ${Object.keys(profiles).join(', ')}`;
}

async function checkTemporal(input: {
  readonly session: Session;
  readonly options: TemporalOptions;
  readonly target: string | undefined;
}): Promise<readonly Check[]> {
  const { session, options, target } = input;
  const { console } = session;
  const name = 'Temporal answers';
  const { address, namespace } = await settingsOf({ console, options });
  try {
    return await withRuns({
      console,
      options,
      use: async ({ runs, temporal }) => {
        const worker = await holds({
          name: 'a worker polls the task queue',
          detail: options.taskQueue,
          look: () => runs.requireWorker(),
        });
        // Without a worker there is nobody to ask about the target.
        const asked = target !== undefined && worker.every(({ ok }) => ok) ? target : null;
        return [
          { name, ok: true, detail: `${address}, namespace ${namespace}`, hint: '' },
          await checkSearchAttributes({ temporal, namespace }),
          ...worker,
          ...(asked === null
            ? []
            : await checkTarget({
                target: asked,
                inspect: () => runs.inspectTarget({ target: asked, checks: true }),
              })),
        ];
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof UnreachableError)) throw thrown;
    return [{ name, ok: false, detail: thrown.message, hint: thrown.hint }];
  }
}

async function checkSearchAttributes({
  temporal,
  namespace,
}: Pick<OpenRuns, 'temporal'> & { readonly namespace: string }): Promise<Check> {
  const { SEARCH_ATTRIBUTE_KEYS } = await import('../temporal/search-attribute-keys.ts');
  const names = SEARCH_ATTRIBUTE_KEYS.map((key) => key.name);
  const name = 'the search attributes are registered';
  try {
    await temporal.client.workflow.count(names.map((each) => `${each} = 'none'`).join(' OR '));
    return { name, ok: true, detail: names.join(', '), hint: '' };
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
    const isMissing = /not a valid search attribute/i.test(messageOf(cause));
    const detail = isMissing ? `namespace ${namespace} does not have all of ${names.join(', ')}` : messageOf(cause);
    return { name, ok: false, detail, hint: 'Start a worker: it registers them (proxybench worker)' };
  }
}

async function checkTarget(input: {
  readonly target: string;
  readonly inspect: () => Promise<{ readonly checks: readonly Check[] }>;
}): Promise<readonly Check[]> {
  const { target, inspect } = input;
  try {
    return (await inspect()).checks.map((check) => ({ ...check, name: `${target}: ${check.name}` }));
  } catch (thrown) {
    return failed({ name: `${target}: the target answers`, thrown });
  }
}

async function holds({
  name,
  detail,
  look,
}: {
  readonly name: string;
  readonly detail: string;
  readonly look: () => Promise<void>;
}): Promise<readonly Check[]> {
  try {
    await look();
    return [{ name, ok: true, detail, hint: '' }];
  } catch (thrown) {
    return failed({ name, thrown });
  }
}

/** One failed check for each thing that is wrong. */
function failed({ name, thrown }: { readonly name: string; readonly thrown: unknown }): readonly Check[] {
  if (thrown instanceof InvalidInputError) {
    return thrown.problems.map(({ file, path, message, hint }) => ({
      name,
      ok: false,
      detail: `${file === undefined ? '' : `${file}: `}${path}: ${message}`,
      hint,
    }));
  }
  const hint = thrown instanceof UnreachableError ? thrown.hint : "See the worker's own output";
  return [{ name, ok: false, detail: messageOf(thrown), hint }];
}
