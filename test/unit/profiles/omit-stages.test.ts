import { expect, it } from 'vitest';
import { omitStages } from '../../../src/profiles/omit-stages.ts';
import { buildPlan, buildStage } from '../../support/plan-builder.ts';

const plan = buildPlan({
  stages: [
    buildStage({ name: 'npm-install', tools: ['node', 'npm'] }),
    buildStage({ name: 'go-download', tools: ['go'] }),
    buildStage({ name: 'git-mirror', tools: ['git'], serveThisClone: true }),
  ],
});
const all = new Set(['node', 'npm', 'go', 'git']);

it('leaves a plan alone whose target has everything', () => {
  expect(omitStages({ plan, availableTools: all, whyNoClone: null })).toBe(plan);
});

it('leaves out what lacks its tools or its clone, and says why', () => {
  const cut = omitStages({ plan, availableTools: new Set(['go', 'git']), whyNoClone: 'this copy is no Git clone' });

  expect(cut.stages.map(({ name }) => name)).toEqual(['go-download']);
  expect(cut.omittedStages).toEqual([
    { name: 'npm-install', reason: 'node and npm are not on the PATH of this target' },
    { name: 'git-mirror', reason: 'this copy is no Git clone' },
  ]);
  expect(plan.stages).toHaveLength(3);
});

it('keeps what was left out before', () => {
  const before = { ...plan, omittedStages: [{ name: 'apk-add', reason: 'x' }] };
  const cut = omitStages({ plan: before, availableTools: new Set(['node', 'npm', 'git']), whyNoClone: null });
  expect(cut.omittedStages.map(({ name }) => name)).toEqual(['apk-add', 'go-download']);
});
