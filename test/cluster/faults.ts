// What can be made to go wrong on the test cluster, from any process; each change has its way back.
import { setTimeout as pause } from 'node:timers/promises';
import { readComponent, startComponent, stopComponent, waitUntilReady } from './component.ts';
import { ctr, PROXY_ENVIRONMENT } from './container-runtime.ts';
import { gitFaultFile } from './git-service.ts';
import { isNodeReady } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { clusterLayout } from './layout.ts';
import { registryFaultFile } from './registry.ts';
import { run, runOrNull } from './run.ts';
import { orderFault } from './servers/fault-file.ts';
import { readTestCluster } from './test-cluster.ts';

const layout = clusterLayout(process.env);
const READY_WITHIN_MS = 60_000;
/** The kubelet removes what Pods have left once a minute; a round that comes too early leaves it to the next. */
const CLEARED_WITHIN_MS = 150_000;
const ASK_AGAIN_MS = 200;

/** From the next request on, the registry answers each with this status. */
export function registryAnswers({ status }: { readonly status: number }): void {
  orderFault({ file: registryFaultFile(layout), fault: { kind: 'answers', status } });
}

/** From the next request on, the registry resets connections: those through the proxy Pod only, or everybody's. */
export function registryRefuses({ fromProxy }: { readonly fromProxy: boolean }): void {
  orderFault({ file: registryFaultFile(layout), fault: { kind: 'refuses', fromPodsOnly: fromProxy } });
}

/** Answers that begin from now on share this rate; `registryNormal` lets those that are on their way run freely. */
export function registrySlow({ bytesPerSecond }: { readonly bytesPerSecond: number }): void {
  orderFault({ file: registryFaultFile(layout), fault: { kind: 'slow', bytesPerSecond } });
}

export function registryNormal(): void {
  orderFault({ file: registryFaultFile(layout), fault: null });
}

/** From the next request on, the Git server answers each with this status. */
export function gitAnswers({ status }: { readonly status: number }): void {
  orderFault({ file: gitFaultFile(layout), fault: { kind: 'answers', status } });
}

/** Answers of the Git server that begin from now on share this rate. */
export function gitSlow({ bytesPerSecond }: { readonly bytesPerSecond: number }): void {
  orderFault({ file: gitFaultFile(layout), fault: { kind: 'slow', bytesPerSecond } });
}

export function gitNormal(): void {
  orderFault({ file: gitFaultFile(layout), fault: null });
}

/**
 * Starts containerd again with or without the proxy in its environment and waits until it answers and the node is
 * Ready. Pods go on running. Does nothing when it is so already.
 */
export async function nodeUsesProxy(uses: boolean): Promise<void> {
  const record = readComponent({ layout, name: 'containerd' });
  if ((record.env?.['HTTPS_PROXY'] !== undefined) === uses) return;
  await stopComponent(record);
  const { name, command } = record;
  const started = await startComponent({ layout, spec: { name, command, env: uses ? PROXY_ENVIRONMENT : {} } });
  const isReady = async (): Promise<boolean> => (await runOrNull([...ctr(layout), 'images', 'ls', '-q'])) !== null;
  await waitUntilReady({ record: started, isReady, withinMs: READY_WITHIN_MS });
  await waitForNode({ ready: true });
}

/** Ends the kubelet; Pods go on running. Resolves at once: the node is NotReady some ten seconds later. */
export async function stopKubelet(): Promise<void> {
  await stopComponent(readComponent({ layout, name: 'kubelet' }));
}

/** Starts the kubelet again and waits until the node is Ready. */
export async function startKubelet(): Promise<void> {
  const record = readComponent({ layout, name: 'kubelet' });
  await stopComponent(record);
  const { name, command } = record;
  await startComponent({ layout, spec: { name, command } });
  await waitForNode({ ready: true });
}

/** Waits until the API server says that the node is Ready, or that it is not. @throws Error after a minute */
export async function waitForNode({ ready }: { readonly ready: boolean }): Promise<void> {
  const cluster = requireCluster();
  const kubectl: Kubectl = (args) => run([cluster.kubectl, '--kubeconfig', cluster.kubeconfigFile, ...args]);
  const giveUpAtMs = performance.now() + READY_WITHIN_MS;
  while ((await isNodeReady({ kubectl, node: cluster.nodeName }).catch(() => !ready)) !== ready) {
    if (performance.now() > giveUpAtMs) {
      throw new Error(`the node is still ${ready ? 'not Ready' : 'Ready'} after ${READY_WITHIN_MS / 1000} s`);
    }
    await pause(ASK_AGAIN_MS);
  }
}

/**
 * Removes every image that can be pulled, with all layers that no running container uses, so that the next pulls are
 * cold. Pods that have ended go first, in all namespaces: their containers would keep layers, and with them their logs.
 */
export async function forgetAllImages(): Promise<void> {
  const cluster = requireCluster();
  for (const phase of ['Succeeded', 'Failed']) {
    const ended = ['delete', 'pods', '--all-namespaces', `--field-selector=status.phase=${phase}`];
    await run([cluster.kubectl, '--kubeconfig', cluster.kubeconfigFile, ...ended]);
  }
  const command = ctr(layout);
  const listed = async (what: string): Promise<string> =>
    (await run([...command, what, 'ls', '-q'])).split('\n').toSorted().join();
  const giveUpAtMs = performance.now() + CLEARED_WITHIN_MS;
  while ((await listed('containers')) !== (await listed('tasks'))) {
    if (performance.now() > giveUpAtMs)
      throw new Error('containers that have ended are still there; is something else running on the test cluster?');
    await pause(ASK_AGAIN_MS);
  }
  await forgetImages(await imagesOnNode());
}

/** References under docker.io that the node has, in full: `docker.io/library/alpine:3.20`. */
async function imagesOnNode(): Promise<readonly string[]> {
  const listed = await run([...ctr(layout), 'images', 'ls', '-q']);
  return listed.split('\n').filter((name) => name.startsWith('docker.io/') && !name.includes('@'));
}

/**
 * Removes images and their content from containerd, so that the next pull of them is cold. Layers that another image
 * or a running container uses stay. References are full: `docker.io/library/alpine:3.20`.
 */
export async function forgetImages(references: readonly string[]): Promise<void> {
  const command = ctr(layout);
  for (const reference of references) {
    const listed = await run([...command, 'images', 'ls', `name==${reference}`]);
    const digest = /sha256:[0-9a-f]{64}/.exec(listed)?.[0];
    if (digest === undefined) continue;
    // The same image again by digest, and by the id that the kubelet asks for.
    const all = (await run([...command, 'images', 'ls'])).split('\n').filter((line) => line.includes(digest));
    const names = all.map((line) => line.split(/\s+/)[0] ?? '').filter((name) => name !== '');
    await run([...command, 'images', 'rm', '--sync', ...names]);
  }
}

function requireCluster(): NonNullable<ReturnType<typeof readTestCluster>> {
  const cluster = readTestCluster(layout);
  if (cluster === null) throw new Error('the test cluster is not up: npm run cluster -- up');
  return cluster;
}
