// A live look at a target's proxy through the worker.
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import type { SampleTrafficInput, SampleTrafficResult } from './messages.ts';
import { sampleTrafficPolicy } from './policies.ts';

/** Samples a proxy for some seconds. */
export async function sampleTraffic(input: SampleTrafficInput): Promise<SampleTrafficResult> {
  const activities = proxyActivities<Activities>(sampleTrafficPolicy(input));
  return await activities.sampleTraffic(input);
}
