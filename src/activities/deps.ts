// What the activities need from outside, handed in by the composition root.
import type { Cluster } from '../cluster/cluster.ts';
import type { Config } from '../config/config.ts';
import type { SecretReference, TargetReach } from '../plan/plan.ts';
import type { ControlClient } from '../sampling/control-client.ts';

export interface ActivityDeps {
  /** Reads the configuration anew, so that an edit counts from the next run on. @throws InvalidInputError */
  readonly loadConfig: () => Promise<Config>;
  readonly openCluster: (input: { readonly connection: TargetReach }) => Cluster;
  readonly createControlClient: (input: { readonly url: string; readonly secret?: string }) => ControlClient;
  /** @throws UnreachableError naming the variable or file, never its content */
  readonly readSecret: (reference: SecretReference) => Promise<string>;
  /** Where journals of samples are kept on this machine. */
  readonly stateDir: string;
}
