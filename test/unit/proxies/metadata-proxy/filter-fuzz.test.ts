import { describe, expect, it } from 'vitest';
import { cleanPath } from '../../../../src/proxies/metadata-proxy/clean-path.ts';
import { DEFAULT_RULES } from '../../../../src/proxies/metadata-proxy/default-rules.ts';
import { judgeRequest } from '../../../../src/proxies/metadata-proxy/filter.ts';
import { hostileTarget } from '../../../support/hostile-metadata-target.ts';
import type { Leak } from '../../../support/lenient-metadata-reader.ts';
import { leakOf } from '../../../support/lenient-metadata-reader.ts';
import { randomFrom } from '../../../support/random-from.ts';

const TARGETS_PER_SEED = 2_000;
const SEEDS = 100;

/** One seed alone, as a failure prints it. */
const given = process.env['FUZZ_SEED'];
const seeds = given === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [Number(given)];

const FILE = 'test/unit/proxies/metadata-proxy/filter-fuzz.test.ts';

const targetsOf = (seed: number) => {
  const random = randomFrom(seed);
  return Array.from({ length: TARGETS_PER_SEED }, () => hostileTarget(random));
};

const judge = (target: string) => judgeRequest({ rules: DEFAULT_RULES, target, headerNames: [] });

/** What is wrong with the judgement of a target; null where nothing is. */
function faultOf(target: string): string | null {
  const judgement = judge(target);
  if (!judgement.allowed) return null;
  const { path, query, forward } = judgement;
  const leak = leakOf(forward);
  if (leak !== null) return `lets ${leak.kind} ${JSON.stringify(leak.path)} through as ${JSON.stringify(forward)}`;
  if (!/^\/[!-~]*$/.test(forward) || forward.includes('#')) return `sends on ${JSON.stringify(forward)}`;
  if (forward !== `${path === '' ? '/' : path}${query === '' ? '' : `?${query}`}`)
    return 'sends on what it has not judged';
  if (decodeURIComponent(path) !== path || cleanPath(path) !== path) return `judged ${path}, which can be read anew`;
  if (new URL(`http://metadata${forward}`).pathname !== (path === '' ? '/' : path)) return 'sends on what a URL is not';
  const again = judge(forward);
  if (!again.allowed || again.forward !== forward) return `judges ${JSON.stringify(forward)} otherwise the second time`;
  return null;
}

/** The target as it came, and as a server tells it that makes a URL of it before anybody can look. */
function formsOf(target: string): readonly string[] {
  const url = target.startsWith('/') ? URL.parse(`http://metadata${target}`) : null;
  return url === null ? [target] : [target, url.href];
}

describe('whatever is made of concealed and recursive requests', () => {
  it.each(seeds)('shows nothing of them to the most lenient reader (seed %i)', (seed) => {
    for (const target of targetsOf(seed).flatMap(formsOf)) {
      const fault = faultOf(target);
      if (fault !== null) {
        expect.fail(`${JSON.stringify(target)}: ${fault}\nAgain: FUZZ_SEED=${seed} npm test -- ${FILE}`);
      }
    }
  });
});

describe('the targets that are made', () => {
  const targets = [0, 1, 2, 3, 4].flatMap(targetsOf);
  const share = (picks: (target: string) => boolean) => targets.filter(picks).length / targets.length;

  it('are many that would show something, and many that are let through', () => {
    expect(share((target) => leakOf(target) !== null)).toBeGreaterThan(0.2);
    expect(share((target) => judge(target).allowed)).toBeGreaterThan(0.1);
    expect(share((target) => leakOf(target) === null && !judge(target).allowed)).toBeLessThan(0.5);
  });

  it.each<readonly [string, (forward: string, leak: Leak) => boolean]>([
    ['a semicolon', (forward, { kind }) => kind === 'recursive' && /;recursive/.test(forward)],
    ['an encoded key', (forward, { kind }) => kind === 'recursive' && !forward.includes('recursive')],
    ['a trailing slash', (_forward, { kind, path }) => kind === 'concealed' && path.endsWith('/')],
    ['an encoded slash', (forward, { kind }) => kind === 'concealed' && /%2f/i.test(forward)],
    ['an encoding of an encoding', (forward, { kind }) => kind === 'concealed' && forward.includes('%25')],
    ['an overlong encoding', (forward, { kind }) => kind === 'concealed' && /%c[01]/i.test(forward)],
    ['a wide letter', (forward, { kind }) => kind === 'concealed' && /%ef%bc/i.test(forward)],
    ['a backslash', (forward, { kind }) => kind === 'concealed' && forward.includes('\\')],
    ['a path parameter', (forward, { kind }) => kind === 'concealed' && forward.includes(';')],
    ['dot segments', (forward, { kind }) => kind === 'concealed' && forward.includes('/../')],
    ['another authority', (forward, { kind }) => kind === 'concealed' && forward.startsWith('http://')],
  ])('find what a plain comparison does not: %s', (_title, isIt) => {
    const found = targets.filter((target) => {
      const leak = passesComparison(target) ? leakOf(target) : null;
      return leak !== null && isIt(target, leak);
    });
    expect(found.length).toBeGreaterThan(0);
  });
});

/** What somebody would write who thinks of nothing. */
function passesComparison(target: string): boolean {
  const [path = '', query = ''] = target.split('?');
  const keys = query.split('&').map((pair) => pair.split('=')[0]);
  return !keys.includes('recursive') && !/\/(?:kube-env|identity)$/.test(path);
}
