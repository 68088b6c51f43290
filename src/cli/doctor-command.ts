// `doctor`: looks at everything that a run needs, and says how to mend what is wrong.
import type { Check } from '../activities/contract.ts';
import type { Config } from '../config/config.ts';
import { InvalidInputError, UnreachableError, messageOf } from '../errors/errors.ts';
import { renderChecks } from '../reports/checks-text.ts';
import { type Transfer, probe, transferOf, transferOptions } from './doctor-transfer.ts';
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
      'and its proxy, through a worker. Changes nothing, unless --transfer asks for a known download: a Job of one Pod, ' +
      'removed at its end, which shows whose bytes the proxy sees, under which address image pulls come, and the free disk. ' +
      'It holds the proxy as a run does. Every failed check says how to mend it.',
    examples: [
      ['proxybench doctor', 'this machine, the configuration, Temporal'],
      ['proxybench doctor local', 'and the target local with its proxy'],
      ['proxybench doctor D601 --transfer', 'and an image pull and some 10 MB through it'],
    ],
    exitCodes: [EXIT_CODES.passed, EXIT_CODES.internal, EXIT_CODES.usage, EXIT_CODES.unreachable],
  })
    .argument('[target]', 'target to look at through a worker')
    .addOption(transferOptions.transfer())
    .addOption(transferOptions.image())
    .addOption(transferOptions.url())
    .addOption(configDirOption())
    .addOption(outputOption())
    .addOption(addressOption())
    .addOption(namespaceOption())
    .addOption(taskQueueOption())
    .addOption(debugOption())
    .action(async (target, options) => {
      const { console } = session;
      const transfer = transferOf({ target, options });
      const configured = await checkConfig({ configDir: options.configDir, target });
      const temporal = await checkTemporal({ session, options, target: configured.ok ? target : undefined, transfer });
      const checks = [checkNode(), ...configured.checks, ...temporal].map((check) => ({
        ...check,
        hint: typedHere({ env: console.env, text: check.hint }),
      }));
      emit({
        console,
        format: options.output,
        document: { version: 1, kind: 'doctor', ok: !checks.some(isFault), checks },
        text: () => renderChecks({ checks, paint: console.paint, width: console.width() }),
      });
      if (!configured.ok) session.exitCode = EXIT_CODES.usage.code;
      else if (checks.some(isFault)) session.exitCode = EXIT_CODES.unreachable.code;
    });
}

/** What runs cannot do without. */
function isFault({ ok, advisory }: Check): boolean {
  return !ok && advisory !== true;
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
  readonly transfer: Transfer;
}): Promise<readonly Check[]> {
  const { session, options, target, transfer } = input;
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
        const unasked = asked === null ? notLookedAt(target) : [];
        return [
          { name, ok: true, detail: `${address}, namespace ${namespace}`, hint: '' },
          await checkSearchAttributes({ temporal, namespace }),
          ...worker,
          ...unasked,
          ...(asked === null
            ? []
            : await checkTarget({
                target: asked,
                look: () => runs.inspectTarget({ target: asked, checks: true }),
              })),
          ...(asked === null || transfer === null
            ? []
            : await checkTarget({ target: asked, look: () => probe({ session, runs, target: asked, transfer }) })),
        ];
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof UnreachableError)) throw thrown;
    return [{ name, ok: false, detail: thrown.message, hint: thrown.hint }, ...notLookedAt(target)];
  }
}

/** Nobody but a worker reaches a target. */
function notLookedAt(target: string | undefined): readonly Check[] {
  if (target === undefined) return [];
  const detail = 'not looked at: only a worker can';
  return [{ name: `${target}: the target and its proxy`, ok: false, advisory: true, detail, hint: '' }];
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
  readonly look: () => Promise<{ readonly checks: readonly Check[] }>;
}): Promise<readonly Check[]> {
  const { target, look } = input;
  try {
    return (await look()).checks.map((check) => ({ ...check, name: `${target}: ${check.name}` }));
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
