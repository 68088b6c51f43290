// Asks the test cluster's API server through kubectl, as its admin.
import { join } from 'node:path';
import type { ClusterLayout } from './layout.ts';
import { run } from './run.ts';

/** kubectl of this cluster, as a function of its arguments. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** `programs` is the directory of the Kubernetes programs. Each call may take a minute. */
export function adminKubectl(input: { readonly layout: ClusterLayout; readonly programs: string }): Kubectl {
  const program = join(input.programs, 'kubectl');
  return (args, stdin) =>
    run([program, '--kubeconfig', input.layout.kubeconfigFile, ...args], stdin === undefined ? {} : { input: stdin });
}

/** Whether the node is there and Ready. */
export async function isNodeReady(input: { readonly kubectl: Kubectl; readonly node: string }): Promise<boolean> {
  const path = '{.status.conditions[?(@.type=="Ready")].status}';
  return (await input.kubectl(['get', 'node', input.node, '-o', `jsonpath=${path}`])) === 'True';
}
