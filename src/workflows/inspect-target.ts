// A short look at a target through the worker, so that readers need no access to a cluster.
import { proxyActivities } from '@temporalio/workflow';
import type { Activities, InspectRequest, InspectResult } from '../activities/contract.ts';
import { INSPECT } from './policies.ts';

const { inspect } = proxyActivities<Activities>(INSPECT);

/** Reads a target's Job, its annotation, and what else the request asks for. */
export async function inspectTarget(input: InspectRequest): Promise<InspectResult> {
  return await inspect(input);
}
