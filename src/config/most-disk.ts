// How much disk a node must have for whatever profile a cluster may be given.
import { findProfileKind } from '../profiles/registry.ts';
import { BYTES_PER_MIB } from '../quantities/quantities.ts';
import type { Config } from './config.ts';

/** The most that a Job of any profile for clusters may write on its node; undefined where there is no such profile. */
export function mostDiskBytes(config: Config): number | undefined {
  const limits = clusterProfiles(config).map((profile) => findProfileKind(profile.kind)?.diskMiB(profile) ?? 0);
  return limits.length === 0 ? undefined : Math.max(...limits) * BYTES_PER_MIB;
}

/** Profiles that can run on a cluster. */
export function clusterProfiles(config: Config) {
  return Object.values(config.profiles).filter(({ requires }) => requires !== 'host');
}
