// The user's kubeconfig, with one connection pool for all calls: left alone, the library opens one for each call.
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { RequestContext } from '@kubernetes/client-node';
import { InvalidInputError, UnreachableError, messageOf } from '../../errors/errors.ts';

/** The token beside it is read again by the library whenever it is renewed. */
const AUTHORITY_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';

/** Stands for the Pod's own service account instead of a context of a kubeconfig. */
export const IN_CLUSTER = 'in-cluster';

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;
type DispatcherChoice = ReturnType<KubeConfig['createDispatcherOptions']>;

/** A kubeconfig of one context whose calls share a pool of connections. To be closed. */
export class PooledKubeConfig extends KubeConfig {
  #pool: Dispatcher | null = null;

  /** Adds the user's credentials to a request, and the shared pool. */
  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    // The library has made a pool for this request; as long as nothing is asked of it, it opens no connection.
    this.#pool ??= context.getDispatcher() ?? null;
    if (this.#pool !== null) context.setDispatcher(this.#pool);
  }

  /** A server that needs no TLS settings of its own is given a pool as well. */
  override createDispatcherOptions(...input: Parameters<KubeConfig['createDispatcherOptions']>): DispatcherChoice {
    const choice = super.createDispatcherOptions(...input);
    return choice.type === 'none' ? { type: 'agent', connect: {} } : choice;
  }

  /** Ends every connection, and what is still asked over them. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await pool?.destroy();
  }
}

/** Remembers the files that `loadKubeConfig` reads now, and tells whether any of them was written, made or removed since. */
export function rememberKubeConfig(input: { readonly context: string }): { readonly hasChanged: () => boolean } {
  const files =
    input.context === IN_CLUSTER
      ? [AUTHORITY_FILE]
      : (process.env['KUBECONFIG'] || join(homedir(), '.kube', 'config')).split(delimiter);
  const writtenAt = (): string =>
    files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0).join(' ');
  const then = writtenAt();
  return { hasChanged: () => writtenAt() !== then };
}

/**
 * Reads KUBECONFIG or the default place, or the Pod's service account for `in-cluster`, and settles on the context.
 * @throws UnreachableError when there is nothing to read, InvalidInputError for a context that is not in it
 */
export function loadKubeConfig(input: { readonly context: string }): PooledKubeConfig {
  const { context } = input;
  const config = new PooledKubeConfig();
  try {
    if (context === IN_CLUSTER) config.loadFromCluster();
    else config.loadFromDefault(undefined, false);
  } catch (thrown) {
    throw new UnreachableError(
      `the kubeconfig cannot be read: ${messageOf(thrown)}`,
      'Point KUBECONFIG at a readable kubeconfig, on the machine that the worker runs on',
    );
  }
  if (context === IN_CLUSTER) return config;
  const known = config.getContexts().map(({ name }) => name);
  if (!known.includes(context)) {
    throw new InvalidInputError([
      {
        path: 'target.connection.context',
        value: context,
        message: `the kubeconfig has no such context, only ${known.length === 0 ? 'none at all' : known.join(', ')}`,
        hint: 'Correct the target’s context, or point KUBECONFIG at the kubeconfig that has it',
      },
    ]);
  }
  config.setCurrentContext(context);
  return config;
}
