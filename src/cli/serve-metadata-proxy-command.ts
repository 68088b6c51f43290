// `serve metadata-proxy`: checks everything, then becomes the lean program that serves.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '../errors/errors.ts';
import { becomeProgram } from '../processes/become-program.ts';
import { cacheDirectory } from '../processes/go-install.ts';
import { isOwnProgram, programsDirectory } from '../programs/programs.ts';
import type { MetadataProxySettings } from '../proxies/metadata-proxy/settings.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { abortedBy } from './interrupts.ts';
import { isLoopback, shownListenAddress, whyNotListen } from './listen-address.ts';
import type { MetadataProxyFlags } from './metadata-proxy-settings.ts';
import { newCommand } from './new-command.ts';
import { debugOption } from './options.ts';
import type { Session } from './session.ts';

const PROGRAM = 'proxybench-metadata-proxy';

export function serveMetadataProxyCommand({ session }: { readonly session: Session }) {
  return newCommand({
    name: 'metadata-proxy',
    summary: "a concealing proxy in front of a node's metadata server",
    description:
      "Lets clients read what the metadata server says of their node, but not the node's own secrets: kube-env, instance " +
      'identities, and recursive listings that would contain them. Equal reads at the same time are one upstream request, ' +
      'and tokens are kept until shortly before their end. Needs no configuration, takes less than 25 MiB, and serves until ' +
      'Ctrl-C or SIGTERM; then it answers what it has begun and ends. The variables HTTP_PROXY and the like do not count.',
    examples: [
      ['proxybench serve metadata-proxy', 'as root on a node: 127.0.0.1:988, metrics and /healthz on 127.0.0.1:989'],
      [
        'proxybench serve metadata-proxy --addr 127.0.0.1:9880 --metrics-addr 127.0.0.1:9890 --rules rules.yaml',
        "as anybody, with one's own rules (docs/metadata-proxy.md has an example)",
      ],
      [
        'proxybench serve metadata-proxy --print-settings > settings.json',
        `for a container: \`programs/${PROGRAM} --settings settings.json\` needs nothing else`,
      ],
    ],
    exitCodes: [EXIT_CODES.passed, EXIT_CODES.internal, EXIT_CODES.usage],
  })
    .option('--addr <host:port>', 'where to serve; beyond loopback only when it says so', '127.0.0.1:988')
    .option('--metrics-addr <host:port>', 'where to serve metrics and /healthz', '127.0.0.1:989')
    .option('--upstream <url>', 'the metadata server', 'http://169.254.169.254')
    .option('--rules <file>', 'YAML file of filter rules (default: those of the original proxy, its gaps closed)')
    .option('--max-connections <n>', 'requests worked on at a time; those beyond it queue (default: 100)')
    .option('--no-cache', 'keep no answers')
    .option('--no-merge', 'give every read an upstream request of its own')
    .option('--token-margin <s>', 'ask for a kept token again so many seconds before its end (default: 300)')
    .option('--client-timeout <s>', 'how long a client may send nothing (default: 60)')
    .option('--upstream-timeout <s>', 'how long the upstream may take (default: 60)')
    .option('--longest-wait <s>', 'longest wait for a change (default: 3600)')
    .option('--stop-grace <s>', 'how long a stop waits for requests under way (default: 10)')
    .option('--access-log', 'one line of JSON on stderr for each request')
    .option('--print-settings', 'print the settings as JSON instead of serving')
    .addOption(debugOption())
    .action(async ({ printSettings, ...flags }: MetadataProxyFlags & { readonly printSettings?: true }) => {
      const { metadataProxySettings } = await import('./metadata-proxy-settings.ts');
      const settings = await metadataProxySettings(flags);
      if (printSettings === true) {
        session.console.print(JSON.stringify(settings, null, 2));
        return;
      }
      await requireAddresses(settings);
      warnBeyondLoopback({ session, settings });
      if (!isOwnProgram(PROGRAM)) throw new Error(`${join(programsDirectory(), PROGRAM)} is missing or not executable`);
      const { signal, stop } = abortedBy(session.interrupts);
      try {
        session.exitCode = await becomeProgram({
          file: join(programsDirectory(), PROGRAM),
          args: ['--settings', keptSettings({ settings, session })],
          env: definedOnly(session.console.env),
          onText: session.console.draw,
          signal,
          stopGraceMs: settings.stopGraceMs + ENDING_MS,
        });
      } finally {
        stop();
      }
    });
}

/** For what comes after the last answer. */
const ENDING_MS = 2_000;

async function requireAddresses({ listen, metrics }: MetadataProxySettings): Promise<void> {
  const found = await Promise.all([
    whyNotListen({ flag: '--addr', address: listen }),
    whyNotListen({ flag: '--metrics-addr', address: metrics }),
  ]);
  const problems = found.filter((problem) => problem !== null);
  if (problems.length > 0) throw new InvalidInputError(problems);
}

function warnBeyondLoopback(input: { readonly session: Session; readonly settings: MetadataProxySettings }): void {
  const { session, settings } = input;
  for (const [what, address] of [
    ['the proxy', settings.listen],
    ['metrics', settings.metrics],
  ] as const) {
    if (isLoopback(address)) continue;
    const reach = "others than this machine's programs may reach it, as was asked for";
    session.console.note(`note: ${what} will listen on ${shownListenAddress(address)}: ${reach}`);
  }
}

/** A file of the settings: in the cache, or where that cannot be written, in the system's temporary directory. */
function keptSettings(input: { readonly settings: MetadataProxySettings; readonly session: Session }): string {
  const { settings, session } = input;
  const text = JSON.stringify(settings);
  const directory = join(cacheDirectory(session.console.env), 'metadata-proxy');
  try {
    return keep({ text, directory });
  } catch {
    const other = mkdtempSync(join(tmpdir(), 'proxybench-metadata-proxy-'));
    session.console.note(
      `note: ${directory} cannot be written, so the settings are in ${other}; XDG_CACHE_HOME names another place`,
    );
    return keep({ text, directory: other });
  }
}

/**
 * Puts the settings where only this user can read them, under the name of their content: what has been written stays, and
 * equal settings are written once.
 */
function keep({ text, directory }: { readonly text: string; readonly directory: string }): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, `settings-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`);
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
  return file;
}

function definedOnly(env: Session['console']['env']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
