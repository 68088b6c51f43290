import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../../src/cluster/cluster.ts';
import type { PlannedTarget } from '../../../src/plan/plan.ts';
import { type TransFixture, openTransFixture, whyNoTransTests } from '../../support/trans-fixture.ts';

const whyNot = whyNoTransTests();

describe.skipIf(whyNot !== null)(`doctor over trans${whyNot === null ? '' : `: ${whyNot}`}`, () => {
  let fixture: TransFixture;
  beforeAll(async () => {
    fixture = await openTransFixture();
  });
  afterAll(async () => {
    await fixture.dispose();
  });

  const target = (route: string): PlannedTarget => ({
    name: 'far',
    node: fixture.testCluster.nodeName,
    namespace: fixture.namespace,
    connection: { reach: 'trans', route },
  });
  /** Through `trans` as it is, or as this shell script in its place. */
  const diagnose = async ({ route, line }: { readonly route?: string; readonly line?: string } = {}) => {
    const name = route ?? fixture.testCluster.transRoute;
    const env = line === undefined ? {} : { env: fixture.bentLine(line) };
    const cluster = fixture.openCluster({ route: name, ...env });
    const { proxy } = fixture;
    return await cluster.diagnose({ target: target(name), proxy, signal: AbortSignal.timeout(60_000) });
  };
  const faults = (checks: readonly Check[]): readonly Check[] => checks.filter(({ ok }) => !ok);

  test('finds a line and a cluster as they should be', async () => {
    const checks = await diagnose();
    expect(faults(checks)).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      'the line answers',
      'the line carries words, input and exit codes',
      'what the machine must have',
      'the API server answers',
      'the clock of test',
      `rights to run Jobs in ${fixture.namespace}`,
      'rights to reach the proxy in platform-infra',
      'rights of kubectl, to reach the proxy in platform-infra',
      'rights to read the node',
      `namespace ${fixture.namespace}`,
      'namespace platform-infra',
      'proxy Service platform-infra/sub2api-egress-proxy',
      'a ready Pod behind it',
      `node ${fixture.testCluster.nodeName}`,
      'the node takes Pods',
      "the node's addresses in the proxy's eyes",
      'disk on the node',
      "the node's clock",
      'events of image pulls',
    ]);
  });

  test.each([
    { line: 'whose route nobody knows', given: { route: 'nowhere' }, detail: /code 64: trans: no route nowhere/ },
    {
      line: 'that is down',
      given: { line: 'echo "ssh: connection refused" >&2; exit 255' },
      detail: /code 255: ssh: connection refused/,
    },
    { line: 'that hangs', given: { line: 'exec sleep 60' }, detail: /no answer within 7 s/ },
  ])('a line $line is all that is told, with the command to try', async ({ given, detail }) => {
    const [line, behind, ...others] = await diagnose(given);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ name: 'the line answers', ok: false });
    expect(line?.detail).toMatch(detail);
    expect(line?.hint).toContain(`trans ${given.route ?? fixture.testCluster.transRoute} sh -- true`);
    expect(behind).toMatchObject({ name: 'what is behind it', ok: false, hint: 'Mend the line first' });
  });

  test('a trans that is not there is named', async () => {
    const cluster = fixture.openCluster({ env: { PATH: '/nowhere' } });
    const { proxy } = fixture;
    const [line] = await cluster.diagnose({ target: target('test'), proxy, signal: AbortSignal.timeout(60_000) });
    expect(line).toMatchObject({ ok: false, hint: 'Put the program `trans` on the PATH of the worker' });
  });

  test.each([
    {
      fault: 'words that shells take apart',
      line: 'route=$1; shift 3; exec "$TRANS" "$route" sh -- sh -c "$*"',
      detail: 'arguments or input arrive changed',
    },
    { fault: 'exit codes', line: '"$TRANS" "$@" || exit 1', detail: 'an exit code of 7 came back as 1' },
  ])('a line that does not carry $fault is told', async ({ line, detail }) => {
    const checks = await diagnose({ line });
    const check = checks.find(({ name }) => name === 'the line carries words, input and exit codes');
    const found = check ?? checks[0];
    expect(found?.ok).toBe(false);
    expect(check === undefined ? 'arguments or input arrive changed' : check.detail).toContain(detail);
    expect(found?.hint).toContain('trans test sh -- ');
  });

  test('a machine that lacks programs, and kubectl among them, has each named', async () => {
    // Here in place of the far side: a machine with a shell and next to nothing else.
    const line =
      'shift 3; d=$(mktemp -d); for p in sh mktemp cat wc sha256sum gzip base64 tail tr date rm sed sleep; do ln -s "$(command -v $p)" "$d/"; done; PATH=$d; "$@"; c=$?; rm -r "$d"; exit $c';
    const checks = await diagnose({ line });
    const needs = checks.find(({ name }) => name === 'what the machine must have');
    expect(needs?.detail).toMatch(/^it lacks curl, .*kubectl/);
    expect(needs?.hint).toMatch(/^Install curl, .* on test/);
    expect(checks.find(({ name }) => name === 'the API server answers')?.hint).toContain('kubectl version');
    expect(checks.at(-1)).toMatchObject({ name: 'what is behind it', hint: 'Mend the way to the API server first' });
  });
});
