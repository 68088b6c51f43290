// What egress-proxy-benchmarks.yaml may hold: profiles of any kind.
import { z } from 'zod';
import { profileSchema } from '../profiles/registry.ts';
import { nameSetting } from '../profiles/setting.ts';

/** The whole of egress-proxy-benchmarks.yaml. */
export const profilesFileSchema = z.strictObject({
  profiles: z
    .record(nameSetting('Name of a profile, given to --profile'), profileSchema)
    .meta({ description: 'The profiles, by name' }),
});
