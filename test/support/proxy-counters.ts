// The egress proxy's own counters, read past the program under test: by a port-forward of kubectl's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CONTROL_PORT, PROXY_NAMESPACE, PROXY_SERVICE, type RealCluster } from './real-cluster.ts';

/** Counted by the proxy since it started, over all clients. */
export interface ProxyCounters {
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  readonly totalBytes: number;
}

/** Reads them once. @throws Error when there is no proxy Pod or it does not answer */
export async function readProxyCounters(cluster: RealCluster): Promise<ProxyCounters> {
  const forward = ['port-forward', '--address', '127.0.0.1', await proxyPod(cluster), `:${CONTROL_PORT}`];
  const [program = '', ...args] = [...cluster.kubectlCommand, '-n', PROXY_NAMESPACE, ...forward];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const port = await localPort(child.stdout);
    const answer = await fetch(`http://127.0.0.1:${port}/connections`, {
      headers: { authorization: `Bearer ${cluster.controlSecret}` },
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) throw new Error(`the control API answered ${answer.status}`);
    const { uploadTotal, downloadTotal } = (await answer.json()) as { uploadTotal: number; downloadTotal: number };
    return { uploadBytes: uploadTotal, downloadBytes: downloadTotal, totalBytes: uploadTotal + downloadTotal };
  } finally {
    const exited = once(child, 'exit');
    if (child.exitCode === null && child.kill('SIGKILL')) await exited;
  }
}

/** `pod/NAME` of the running Pod behind the proxy's Service. */
export async function proxyPod({ kubectl }: RealCluster): Promise<string> {
  const service = JSON.parse(await kubectl('-n', PROXY_NAMESPACE, 'get', 'service', PROXY_SERVICE, '-o', 'json')) as {
    spec: { selector: Readonly<Record<string, string>> };
  };
  const selector = Object.entries(service.spec.selector).map(([name, value]) => `${name}=${value}`);
  const running = ['--field-selector', 'status.phase=Running', '-o', 'json'];
  const { items } = JSON.parse(
    await kubectl('-n', PROXY_NAMESPACE, 'get', 'pods', '-l', selector.join(','), ...running),
  ) as {
    items: readonly { metadata: { name: string; deletionTimestamp?: string } }[];
  };
  const pod = items.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (pod === undefined) throw new Error(`no Pod behind ${PROXY_SERVICE} is running`);
  return `pod/${pod.metadata.name}`;
}

async function localPort(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const port = /127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error('kubectl port-forward ended before it forwarded anything');
}
