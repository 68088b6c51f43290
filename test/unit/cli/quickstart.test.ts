import { describe, expect, it } from 'vitest';
import { RUN_MARK } from '../../../src/cli/quickstart.ts';
import { RUN_ID_VARIABLE } from '../../../src/cluster/host/host-job.ts';

describe('what quickstart ends last', () => {
  it('is found by the very mark that a host target gives to the processes of a run', () => {
    expect(RUN_MARK).toBe(RUN_ID_VARIABLE);
  });
});
