import { describe, expect, it } from 'vitest';
import { companionsRefused } from '../../../src/plan/companions-refused.ts';
import { type Companion, type TargetReach, referenceOf } from '../../../src/plan/plan.ts';
import { buildPlan } from '../../support/plan-builder.ts';

const companion: Companion = {
  name: 'proxy',
  image: null,
  command: ['true'],
  env: [{ name: 'A', value: 'b' }],
  files: { 'settings.json': '{}' },
  limits: { memoryMiB: 25, cpuMillicores: 500 },
  ready: { port: 1, path: '/healthz' },
};

describe('the reference of a run', () => {
  it('has of companions what it takes to read them, and no more', () => {
    const { limits, name } = companion;
    expect(referenceOf(buildPlan({ companions: [companion] })).companions).toEqual([{ name, limits }]);
  });

  it('is what it always was for a run without', () => {
    expect(referenceOf(buildPlan())).not.toHaveProperty('companions');
  });
});

describe('companions', () => {
  const on = (connection: TargetReach) => ({ name: 'far', node: 'far', namespace: 'bench', connection });

  it('are refused over trans, naming the kind', () => {
    const plan = buildPlan({
      companions: [companion],
      kind: 'metadata-proxy',
      target: on({ reach: 'trans', route: 'r' }),
    });
    expect(companionsRefused(plan)).toMatchObject([
      {
        path: 'targets.far.reach',
        message: expect.stringContaining('profile kind metadata-proxy cannot run over trans yet'),
      },
    ]);
  });

  it.each([
    ['on a host', { target: on({ reach: 'host' }), companions: [companion] }],
    ['by a kubeconfig', { target: on({ reach: 'kubeconfig', context: 'c' }), companions: [companion] }],
    ['over trans without any', { target: on({ reach: 'trans', route: 'r' }) }],
  ])('are taken %s', (_, overrides) => {
    expect(companionsRefused(buildPlan(overrides))).toEqual([]);
  });
});
