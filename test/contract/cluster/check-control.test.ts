import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkControl } from '../../../src/activities/check-control.ts';
import type { PlannedProxy } from '../../../src/plan/plan.ts';
import { createClashClient } from '../../../src/sampling/clash-client.ts';
import { type DiagnosedCluster, openDiagnosedCluster } from '../../support/diagnosed-cluster.ts';
import { findRealCluster } from '../../support/kubeconfig-fixture.ts';
import { type TransFixture, openTransFixture } from '../../support/trans-fixture.ts';
import { readTestCluster } from '../../cluster/test-cluster.ts';

const real = findRealCluster();
const whyNot =
  'whyNot' in real ? real.whyNot : readTestCluster() === null ? 'it needs the project’s own cluster' : null;

describe.skipIf(whyNot !== null)(
  `the control API of a proxy in a cluster${whyNot === null ? '' : `: ${whyNot}`}`,
  () => {
    let cluster: DiagnosedCluster;
    let far: TransFixture;
    beforeAll(async () => {
      [cluster, far] = await Promise.all([openDiagnosedCluster(), openTransFixture()]);
    });
    afterAll(async () => {
      await far.dispose();
      await cluster.dispose();
    });

    const look = async (input: {
      readonly by: string;
      readonly secret?: string;
      readonly proxy?: Partial<PlannedProxy>;
    }) => {
      const { by, secret } = input;
      const proxy = {
        ...cluster.proxy,
        ...(secret === undefined ? {} : { controlSecret: { env: 'CONTROL_SECRET' } }),
        ...input.proxy,
      };
      return await checkControl({
        deps: {
          loadConfig: () => Promise.reject(new Error('not asked for')),
          openCluster: () => (by === 'trans' ? far.cluster : cluster.fixture.cluster),
          createControlClient: createClashClient,
          readSecret: () => Promise.resolve(secret ?? ''),
          stateDir: '/nowhere',
        },
        target: cluster.target,
        proxy,
        signal: AbortSignal.timeout(60_000),
      });
    };

    describe.each(['kubeconfig', 'trans'])('by %s', (by) => {
      test('answers with its totals to who has the secret', async () => {
        const [check, ...others] = await look({ by, secret: cluster.testCluster.controlSecret });
        expect(others).toEqual([]);
        expect(check).toMatchObject({ name: "the proxy's control API answers", ok: true });
        expect(check?.detail).toMatch(
          /^http:\/\/127\.0\.0\.1:9090: [\d.]+ [KMG]?i?B in all, \d+ connections listed, in \d+ ms$/,
        );
      });

      test('refuses a wrong secret, which is told from none by where it was read', async () => {
        expect(await look({ by, secret: 'not-the-secret' })).toEqual([
          {
            name: "the proxy's control API takes the secret",
            ok: false,
            detail: "it refuses the one in the worker's variable CONTROL_SECRET",
            hint: "Put the secret of the proxy's own configuration there and start the worker again; proxyServices.sub2api-egress-proxy.controlSecret says where it is read",
          },
        ]);
      });

      test('asks for a secret where none is configured', async () => {
        expect(await look({ by })).toEqual([
          {
            name: "the proxy's control API takes the secret",
            ok: false,
            detail: 'it asks for a secret, and none is configured',
            hint: 'Say where the worker reads it: proxyServices.sub2api-egress-proxy.controlSecret: { env: NAME } in sub2api.yaml, never the secret itself',
          },
        ]);
      });

      test('is told to be silent where nobody listens', async () => {
        const secret = cluster.testCluster.controlSecret;
        const [check] = await look({ by, secret, proxy: { controlUrl: 'http://127.0.0.1:9999' } });
        expect(check).toMatchObject({ name: "the proxy's control API answers", ok: false });
        expect(check?.hint).toContain('Check that the proxy runs and its control API listens there');
      });
    });
  },
);
