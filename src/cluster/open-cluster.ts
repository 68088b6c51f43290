// From the way a target is reached to the Cluster that reaches it, one for each cluster and process.
import type { TargetReach } from '../plan/plan.ts';
import type { Cluster } from './cluster.ts';
import { createHostCluster } from './host/host-cluster.ts';
import { type KubeconfigCluster, createKubeconfigCluster } from './kubeconfig/kubeconfig-cluster.ts';
import { createTransCluster } from './trans/trans-cluster.ts';

/** Clusters by the way they are reached. Connections and watches are shared by all who open the same one. */
export interface Clusters {
  /** Touches nothing yet. */
  open(input: { readonly connection: TargetReach }): Cluster;
  /** Ends every connection and watch. */
  close(): Promise<void>;
}

/** @param input.stateDir where host Jobs are kept; absolute */
export function createClusters(input: { readonly stateDir: string }): Clusters {
  const host = createHostCluster({ stateDir: input.stateDir });
  const byContext = new Map<string, KubeconfigCluster>();
  const byRoute = new Map<string, Cluster>();
  return {
    open: ({ connection }) => {
      if (connection.reach === 'host') return host;
      if (connection.reach === 'trans') {
        const { route } = connection;
        const far = byRoute.get(route) ?? createTransCluster({ route });
        byRoute.set(route, far);
        return far;
      }
      const { context } = connection;
      const cluster = byContext.get(context) ?? createKubeconfigCluster({ context });
      byContext.set(context, cluster);
      return cluster;
    },
    close: async () => {
      const open = [...byContext.values()];
      byContext.clear();
      await Promise.all(open.map((cluster) => cluster.close()));
    },
  };
}
