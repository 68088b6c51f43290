// A profile of the kind that tests know by its own settings.
import type { Config } from '../../src/config/config.ts';
import type { RealDepsProfile } from '../../src/profiles/real-deps/schema.ts';

/** @throws Error when there is none of that name and kind */
export function realDepsProfile({ config, name }: { readonly config: Config; readonly name: string }): RealDepsProfile {
  const profile = config.profiles[name];
  if (profile?.kind !== 'k3s-real-deps') throw new Error(`${name} is no profile of the kind k3s-real-deps`);
  return profile;
}
