// The `metadata-proxy` kind: proves what the project's own metadata proxy does within limits of CPU and memory.
import { companionsRefused } from '../../plan/companions-refused.ts';
import type { ProfileKind } from '../profile-kind.ts';
import { checkRequest, checkSettings } from './check-settings.ts';
import { planMetadataProxy } from './plan.ts';
import type { MetadataProxyProfile } from './schema.ts';

export const metadataProxy: ProfileKind<MetadataProxyProfile> = {
  checkSettings,
  checkRequest,
  plan: planMetadataProxy,
  diskMiB: ({ metadataProxy: { resources } }) => resources.diskMiB,
  checkRendered: companionsRefused,
};
