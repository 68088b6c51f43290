import { describe, expect, it } from 'vitest';
import type { ClusterStatus, ComponentStatus } from '../../cluster/status.ts';
import { mayBeFault, removalNotice } from '../../cluster/up.ts';

const RUNNING = ['etcd', 'kube-apiserver', 'kubelet', 'containerd'];

/** All run, but for these. */
function statusWithout(...ended: readonly string[]): ClusterStatus {
  const components = RUNNING.map<ComponentStatus>((component) =>
    ended.includes(component)
      ? { component, pid: null, state: 'ended', since: null }
      : { component, pid: 1, state: 'running', since: '2026-01-01T00:00:00Z' },
  );
  const node: ComponentStatus = { component: 'node proxybench-node', pid: null, state: 'not ready', since: null };
  return { cluster: 'partly', components: [...components, node] };
}

describe('a cluster that runs in part', () => {
  it('may be in the hands of a test that has stopped kubelet or containerd', () => {
    expect(mayBeFault(statusWithout('kubelet'))).toBe(true);
    expect(mayBeFault(statusWithout('containerd'))).toBe(true);
    expect(mayBeFault(statusWithout())).toBe(true);
  });

  it('is no test when more of it has ended, as after a reboot, or when nothing was started', () => {
    expect(mayBeFault(statusWithout('kubelet', 'etcd'))).toBe(false);
    expect(mayBeFault(statusWithout(...RUNNING))).toBe(false);
    expect(mayBeFault({ cluster: 'down', components: [] })).toBe(false);
  });

  it('is not replaced without a word of what is broken and what that does to running tests', () => {
    expect(removalNotice(statusWithout('kubelet'))).toBe(
      'the test cluster runs only in part (kubelet has ended, node proxybench-node is not ready): ' +
        'ENDING this cluster with its 3 running components and starting another; tests that use it will fail',
    );
    expect(removalNotice(statusWithout(...RUNNING))).toBe('removing what an earlier cluster has left');
  });
});
