import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KubeApi } from '../../../../src/cluster/kubeconfig/kube-client.ts';
import { NodeUsage } from '../../../../src/cluster/kubeconfig/node-usage.ts';

const LINE = 'container_memory_usage_bytes{container="proxy",namespace="bench",pod="job-abc"} 1000 1795282135000\n';
const asked = { node: 'D601', namespace: 'bench', pod: 'job-abc', containerIds: [] };

describe('the page of a kubelet', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is read no more often than it may change, whoever asks', async () => {
    let reads = 0;
    const client: KubeApi = {
      json: () => Promise.reject(new Error('nobody asks for this')),
      stream: () => Promise.resolve({ code: 200, body: Readable.from([LINE.repeat(++reads)]) }),
      nowMs: () => Date.now(),
    };
    const usage = new NodeUsage({ client });
    const read = async () => await usage.of({ ...asked, signal: new AbortController().signal });
    const first = await read();
    vi.setSystemTime(Date.now() + 4_900);
    expect(await read()).toBe(first);
    expect(reads).toBe(1);
    vi.setSystemTime(Date.now() + 100);
    expect(await read()).toMatchObject({ samples: [{ value: 1_000 }, { value: 1_000 }] });
    expect(reads).toBe(2);
  });
});
