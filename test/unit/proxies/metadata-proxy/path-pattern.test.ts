import { describe, expect, it } from 'vitest';
import { matchesAny, preparePatterns } from '../../../../src/proxies/metadata-proxy/path-pattern.ts';
import { randomFrom, upTo } from '../../../support/random-from.ts';

function fits(input: { readonly pattern: string; readonly path: string; readonly eitherSlash?: boolean }): boolean {
  const { pattern, path, eitherSlash = false } = input;
  return matchesAny({ patterns: preparePatterns({ patterns: [pattern], eitherSlash }), path });
}

/** The same question, asked of the regular expression that a pattern stands for. */
function asExpression(pattern: string): RegExp {
  const segments = pattern.split('/').slice(1);
  const parts = segments.map((segment) =>
    segment === '**' ? '(?:/[^/]*)*' : segment === '*' ? '/[^/]+' : `/${segment.replaceAll('.', '\\.')}`,
  );
  return new RegExp(`^${parts.join('')}$`);
}

describe('a pattern', () => {
  it.each([
    ['/a/b', ['/a/b'], ['/a', '/a/', '/a/b/', '/a/bc', '/a/b/c', '/x/a/b', '/A/b', '']],
    ['/a/*', ['/a/b', '/a/*'], ['/a', '/a/', '/a/b/', '/a/b/c']],
    ['/a/*/', ['/a/b/'], ['/a/b', '/a//', '/a/', '/a/b/c/']],
    ['/a/**', ['/a', '/a/', '/a/b', '/a/b/c/'], ['/ab', '/', '', '/b/a']],
    ['/a/**/z', ['/a/z', '/a/b/z', '/a/z/z', '/a/b/c/z'], ['/a', '/a/zz', '/a/b/z/', '/z']],
    ['/a/*/**/z', ['/a/b/z', '/a/z/z', '/a/b/c/z'], ['/a/z', '/a/b', '/a//z']],
    ['/**', ['', '/', '/a', '/a/b/'], []],
    ['/**/b/**/d', ['/b/d', '/a/b/c/d', '/b/b/d/d'], ['/d/b', '/b', '/b/d/']],
    ['/', ['/'], ['', '/a']],
    ['/a.c', ['/a.c'], ['/abc']],
  ])('%s fits whole paths only', (pattern, fitting, others) => {
    expect(fitting.filter((path) => !fits({ pattern, path }))).toEqual([]);
    expect(others.filter((path) => fits({ pattern, path }))).toEqual([]);
  });

  it('may be told that its trailing slash means nothing', () => {
    expect(fits({ pattern: '/a/*/', path: '/a/b', eitherSlash: true })).toBe(true);
    expect(fits({ pattern: '/a', path: '/a', eitherSlash: true })).toBe(true);
    expect(fits({ pattern: '/', path: '', eitherSlash: true })).toBe(true);
  });

  it('fits what the regular expression fits that it stands for', () => {
    const random = randomFrom(11);
    const some = (words: readonly string[]) =>
      Array.from({ length: upTo(random, 5) }, () => `/${words[upTo(random, words.length - 1)] ?? ''}`).join('');
    let fitting = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const pattern = some(['a', 'b', 'a.b', '*', '**', '']);
      const path = some(['a', 'b', 'a.b', 'ab', '']);
      const expected = asExpression(pattern).test(path);
      if (fits({ pattern, path }) !== expected) expect.fail(`${pattern} on ${path} is not ${String(expected)}`);
      if (expected) fitting += 1;
    }
    expect(fitting).toBeGreaterThan(1_000);
  });

  it('takes steps in proportion to a long path, however many ** it has', () => {
    const pattern = `${'/**/a'.repeat(40)}/b`;
    expect(fits({ pattern, path: '/a'.repeat(4_000) })).toBe(false);
    expect(fits({ pattern, path: `${'/a'.repeat(4_000)}/b` })).toBe(true);
  });
});
