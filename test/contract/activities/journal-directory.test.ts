import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCleanUp } from '../../../src/activities/clean-up.ts';
import { createClusters } from '../../../src/cluster/open-cluster.ts';
import { referenceOf } from '../../../src/plan/plan.ts';
import { buildPlan } from '../../support/plan-builder.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

test('a run id that leads out of the state folder is refused, and what lies there stays', async () => {
  const root = temporaryDirectory('journals');
  const stateDir = join(root, 'samples');
  await mkdir(stateDir);
  await mkdir(join(root, 'somebody-elses'));
  const cleanUp = createCleanUp({
    stateDir,
    openCluster: createClusters({ stateDir }).open,
    createControlClient: () => {
      throw new Error('no proxy is asked');
    },
    readSecret: () => Promise.reject(new Error('no secret is asked for')),
    loadConfig: () => Promise.reject(new Error('no configuration is asked for')),
  });
  const run = { ...referenceOf(buildPlan()), runId: '../somebody-elses' };
  await expect(async () => cleanUp({ run })).rejects.toThrow('is not a run id');
  expect((await readdir(root)).toSorted()).toEqual(['samples', 'somebody-elses']);
});
