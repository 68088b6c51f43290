// Finds the repository that this very program was cloned into, for runs that have no public remote.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../processes/run-command.ts';

/** What was found: where the repository's objects are, or why there is nothing to serve. */
export type ThisClone = { readonly gitDirectory: string } | { readonly whyNot: string };

/** Longest wait for one answer of git. */
const GIT_ANSWERS_WITHIN_MS = 10_000;

/**
 * Looks for the repository around `from` (default: this source file). A worktree leads to the clone it belongs to; a
 * shallow clone is as good as any.
 */
export async function findThisClone(input: { readonly from?: string } = {}): Promise<ThisClone> {
  const from = input.from ?? import.meta.dirname;
  const programs = await ask({ words: ['--exec-path'], from });
  if (programs === null) {
    return { whyNot: 'git is not on this machine’s PATH' };
  }
  const serves = await access(join(programs, 'git-http-backend')).then(
    () => true,
    () => false,
  );
  if (!serves) {
    return { whyNot: 'this machine’s git comes without git-http-backend' };
  }
  const gitDirectory = await ask({ words: ['rev-parse', '--path-format=absolute', '--git-common-dir'], from });
  if (gitDirectory === null) {
    return { whyNot: 'this program does not lie in a Git repository (an exported copy, perhaps)' };
  }
  const anyReference = await ask({ words: ['--git-dir', gitDirectory, 'for-each-ref', '--count=1'], from });
  return anyReference === null || anyReference === ''
    ? { whyNot: 'this program’s Git repository has no commit yet' }
    : { gitDirectory };
}

/**
 * An environment in which git reads and serves a repository whoever owns it, and no configuration of the user's has a
 * say. Writing over HTTP is refused in so many words.
 */
export function servingGitEnvironment(from: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const settings = [
    ['safe.directory', '*'],
    ['http.receivepack', 'false'],
    ['http.getanyfile', 'false'],
  ] as const;
  return {
    PATH: from['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/** Git's answer, or null when it has none. */
async function ask(input: { readonly words: readonly string[]; readonly from: string }): Promise<string | null> {
  const answer = await runCommand({
    command: ['git', '-C', input.from, ...input.words],
    env: servingGitEnvironment(process.env),
    cwd: '/',
    timeoutMs: GIT_ANSWERS_WITHIN_MS,
  }).catch(() => null);
  return answer?.exit.code === 0 ? answer.lines.join('\n').trim() : null;
}
