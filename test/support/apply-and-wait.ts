// A program that starts a host Job and stays: somebody for a test to kill. Usage: apply-and-wait.ts <stateDir> <plan as JSON>
import { createHostCluster } from '../../src/cluster/host/host-cluster.ts';
import type { Plan } from '../../src/plan/plan.ts';

const [stateDir = '', plan = '{}'] = process.argv.slice(2);
await createHostCluster({ stateDir }).apply({ plan: JSON.parse(plan) as Plan, signal: new AbortController().signal });
console.log('applied');
setInterval(() => undefined, 60_000);
