// The `k3s-real-deps` kind: proves that a target fetches real dependencies through its egress proxy.
import type { ProfileKind } from '../profile-kind.ts';
import { checkRendered } from './check-rendered.ts';
import { checkRequest, checkSettings } from './check-settings.ts';
import { planRealDeps } from './plan.ts';
import type { RealDepsProfile } from './schema.ts';

export const realDeps: ProfileKind<RealDepsProfile> = {
  checkSettings,
  checkRequest,
  plan: planRealDeps,
  diskMiB: ({ realDeps: { resources } }) => resources.diskMiB,
  checkRendered,
};
