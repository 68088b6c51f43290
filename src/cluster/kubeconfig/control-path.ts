// The way to a proxy's control API: on the proxy Pod's loopback by port-forward, anywhere else by its own address.
import { isIPv4 } from 'node:net';
import { InvalidInputError } from '../../errors/errors.ts';
import type { PlannedProxy } from '../../plan/plan.ts';
import type { ControlPath } from '../cluster.ts';
import { forwardPort } from './forward-port.ts';
import type { KeptProxyPods } from './kept-proxy-pods.ts';
import type { KubeClient } from './kube-client.ts';
import { findProxyPod, proxyService } from './proxy-pod.ts';

/** With `runId` always to the same Pod, see `KeptProxyPods`. @throws InvalidInputError for an address that cannot be used, UnreachableError when no proxy Pod is ready */
export async function openControlPath(input: {
  readonly client: KubeClient;
  readonly proxy: PlannedProxy;
  readonly pods: KeptProxyPods;
  readonly runId: string | undefined;
  readonly signal: AbortSignal;
}): Promise<ControlPath> {
  const { client, proxy, pods, runId, signal } = input;
  signal.throwIfAborted();
  const url = controlAddress(proxy.controlUrl);
  if (!isLoopback(url.hostname)) return { url: proxy.controlUrl, close: () => Promise.resolve() };
  if (url.protocol !== 'http:') {
    throw invalid(
      proxy.controlUrl,
      'is not plain HTTP, and a control API on a Pod’s loopback has no certificate to show',
    );
  }
  const service = proxyService(proxy);
  const findPod = (asked: { readonly signal?: AbortSignal }): Promise<string> =>
    runId === undefined
      ? findProxyPod({ client, ...service, ...asked })
      : pods.find({ client, ...service, runId, ...asked });
  await findPod({ signal });
  const forwarded = await forwardPort({
    client,
    namespace: service.namespace,
    port: Number(url.port === '' ? '80' : url.port),
    findPod: () => findPod({}),
  });
  const path = url.pathname === '/' ? '' : url.pathname;
  return { url: `http://127.0.0.1:${forwarded.port}${path}`, close: forwarded.close };
}

function controlAddress(controlUrl: string): URL {
  const url = URL.canParse(controlUrl) ? new URL(controlUrl) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalid(controlUrl, 'is not the address of a control API');
  }
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

function invalid(value: string, message: string): InvalidInputError {
  const hint = 'Give the address as the proxy’s own Pod sees it, such as http://127.0.0.1:9090.';
  return new InvalidInputError([{ path: 'plan.proxy.controlUrl', value, message, hint }]);
}
