import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../../src/errors/errors.ts';
import type { Problem } from '../../../../src/errors/errors.ts';
import { DEFAULT_RULES } from '../../../../src/proxies/metadata-proxy/default-rules.ts';
import { judgeRequest, REFUSALS } from '../../../../src/proxies/metadata-proxy/filter.ts';
import { readRules } from '../../../../src/proxies/metadata-proxy/read-rules.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const FILE = 'rules.yaml';

function written(text: string): string {
  const file = join(temporaryDirectory('rules'), FILE);
  writeFileSync(file, text);
  return file;
}

const rulesOf = async (text: string) => await readRules({ file: written(text) });

async function problemsOf(file: string): Promise<readonly Problem[]> {
  const thrown: unknown = await readRules({ file }).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof InvalidInputError)) throw new Error('the rules were taken', { cause: thrown });
  return thrown.problems.map((problem) => ({ ...problem, file: (problem.file ?? '').replace(/^.*\/rules/, 'rules') }));
}

describe('a file of rules', () => {
  it.each(['version: 1', 'version: 1\nextends: default'])(
    'means the default rules when it says no more: %j',
    async (text) => {
      expect(await rulesOf(text)).toEqual(DEFAULT_RULES);
    },
  );

  it('stands in place of the lists that it gives, and leaves the others', async () => {
    const rules = await rulesOf('version: 1\nconcealed: [/0.1/**]\nqueryKeys: []\n');
    expect(rules).toEqual({ ...DEFAULT_RULES, concealed: ['/0.1/**'], queryKeys: [] });
  });

  it('adds to the defaults when it extends them', async () => {
    const rules = await rulesOf(
      [
        'version: 1',
        'extends: default',
        'concealed:',
        '  - /computeMetadata/v1/instance/attributes/kubeconfig',
        '  - /computeMetadata/v1/instance/attributes/kube-env/**',
        "discovery: ['', /status]",
        'prefixes: [/other/]',
        'recursive: [/other/*/**/]',
        'queryKeys: [page]',
      ].join('\n'),
    );
    expect(rules).toEqual({
      queryKeys: [...DEFAULT_RULES.queryKeys, 'page'],
      recursive: [...DEFAULT_RULES.recursive, '/other/*/**/'],
      concealed: [...DEFAULT_RULES.concealed, '/computeMetadata/v1/instance/attributes/kubeconfig'],
      discovery: [...DEFAULT_RULES.discovery, '/status'],
      prefixes: [...DEFAULT_RULES.prefixes, '/other/'],
    });
  });

  it('is obeyed after a journey as JSON', async () => {
    const given = await rulesOf(
      'version: 1\nextends: default\nconcealed: [/computeMetadata/v1/instance/attributes/*/]\n',
    );
    const rules: typeof given = JSON.parse(JSON.stringify(given));
    const judge = (target: string) => judgeRequest({ rules, target, headerNames: [] });
    expect(judge('/computeMetadata/v1/instance/attributes/Any')).toEqual({
      allowed: false,
      reason: REFUSALS.concealed,
    });
    expect(judge('/computeMetadata/v1/instance/attributes/any/')).toEqual({
      allowed: false,
      reason: REFUSALS.concealed,
    });
    expect(judge('/computeMetadata/v1/instance/attributes/').allowed).toBe(true);
  });

  it('accepts the default rules written out', async () => {
    expect(await rulesOf(JSON.stringify({ version: 1, ...DEFAULT_RULES }))).toEqual(DEFAULT_RULES);
  });

  it('tells every problem at once, each with its place, value and what to do', async () => {
    const text = [
      'version: 2',
      'extends: defaults',
      'conceal: [/a]',
      'queryKeys: [ok, "a&b", ""]',
      'recursive: [relative, /a/**b]',
      'concealed: [/a/../b, /a//b, /a%2Fb, "/a;b", 7]',
      'discovery: [/a/*]',
      'prefixes: [/a, "", /a/]',
    ].join('\n');
    const problems = await problemsOf(written(text));
    const told = problems.map(({ file, path, value, message }) => [file, path, value, message]);
    const FORM = 'does not look as it must';
    expect(told.sort()).toEqual(
      [
        ['rules.yaml:1:1', 'version', 2, 'is none of 1'],
        ['rules.yaml:2:1', 'extends', 'defaults', 'is none of default'],
        ['rules.yaml:3:1', 'conceal', undefined, 'is not a known setting'],
        ['rules.yaml:4:17', 'queryKeys[1]', 'a&b', FORM],
        ['rules.yaml:4:24', 'queryKeys[2]', '', FORM],
        ['rules.yaml:5:13', 'recursive[0]', 'relative', FORM],
        ['rules.yaml:5:23', 'recursive[1]', '/a/**b', FORM],
        ['rules.yaml:6:13', 'concealed[0]', '/a/../b', FORM],
        ['rules.yaml:6:22', 'concealed[1]', '/a//b', FORM],
        ['rules.yaml:6:29', 'concealed[2]', '/a%2Fb', FORM],
        ['rules.yaml:6:37', 'concealed[3]', '/a;b', FORM],
        ['rules.yaml:6:45', 'concealed[4]', 7, 'must be text, not a whole number'],
        ['rules.yaml:7:13', 'discovery[0]', '/a/*', FORM],
        ['rules.yaml:8:12', 'prefixes[0]', '/a', FORM],
        ['rules.yaml:8:16', 'prefixes[1]', '', FORM],
      ].sort(),
    );
    const hints = Object.fromEntries(problems.map(({ path, hint }) => [path, hint]));
    expect(hints['conceal']).toBe('Did you mean concealed?');
    expect(hints['extends']).toBe('Did you mean default?');
    expect(hints['concealed[0]']).toMatch(/no segment \. or \.\./);
  });

  it.each([
    ['too many entries', `version: 1\nqueryKeys: [${'k,'.repeat(65)}]`, 'queryKeys', 'is longer than 64', /at most 64/],
    [
      'a path too long',
      `version: 1\nconcealed: [/${'x'.repeat(256)}]`,
      'concealed[0]',
      'does not look as it must',
      /256/,
    ],
    ['a list left empty', 'version: 1\nprefixes:', 'prefixes', 'must be a list, not empty', /\[\] for none/],
    ['no version', 'extends: default', 'version', 'is missing', /1/],
    ['a line break in a path', 'version: 1\nconcealed: ["/a\\n"]', 'concealed[0]', 'does not look as it must', /slash/],
    ['nothing in it', '# nothing', '(file)', 'is empty', /version: 1/],
  ])('is refused with %s', async (_title, text, path, message, hint) => {
    const problems = await problemsOf(written(text));
    expect(problems.map((problem) => [problem.path, problem.message])).toEqual([[path, message]]);
    expect(problems[0]?.hint).toMatch(hint);
  });

  it('is asked for where it is not there', async () => {
    const problems = await problemsOf(join(temporaryDirectory('rules'), FILE));
    expect(problems).toEqual([
      {
        file: FILE,
        path: '(file)',
        message: 'does not exist',
        hint: 'Give the name of a YAML file of rules, or none for the default rules',
      },
    ]);
  });
});
