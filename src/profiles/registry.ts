// The kinds of profile there are: one folder and one line here for each.
import { z } from 'zod';
import { metadataProxy } from './metadata-proxy/kind.ts';
import { metadataProxyProfileSchema } from './metadata-proxy/schema.ts';
import type { ProfileKind } from './profile-kind.ts';
import { realDeps } from './real-deps/kind.ts';
import { realDepsProfileSchema } from './real-deps/schema.ts';

/** Schema of a profile of any kind. */
export const profileSchema = z.discriminatedUnion('kind', [realDepsProfileSchema, metadataProxyProfileSchema]);

/** A profile as the configuration holds it. */
export type ProfileConfig = z.infer<typeof profileSchema>;

const kinds: Readonly<Record<ProfileConfig['kind'], ProfileKind<ProfileConfig>>> = {
  'k3s-real-deps': realDeps,
  'metadata-proxy': metadataProxy,
};

/** The kind of that name, or undefined. */
export function findProfileKind(name: unknown): ProfileKind<ProfileConfig> | undefined {
  return Object.entries(kinds).find(([known]) => known === name)?.[1];
}
