// Whether a test cluster can run on this machine without breaking anything, said in one line for tests that are skipped.
import { existsSync } from 'node:fs';
import { findOnPath } from '../../src/processes/find-on-path.ts';
import { clusterLayout } from './layout.ts';
import { missingPackages, systemPath } from './programs.ts';
import { whyNotHere } from './why-not-here.ts';

/** Null where `npm run cluster -- up` can be expected to work, else the reason. */
export function whyNoTestCluster(env: Readonly<Record<string, string | undefined>> = process.env): string | null {
  if (process.platform !== 'linux') return `the test cluster needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'the test cluster needs root: it makes network namespaces, mounts and cgroups';
  if (!existsSync('/sys/fs/cgroup')) return 'the test cluster needs cgroups mounted at /sys/fs/cgroup';
  if (findOnPath({ program: 'go', path: env['PATH'] ?? '' }) === null) {
    return 'the test cluster needs Go on the PATH, to build Kubernetes';
  }
  const packages = missingPackages(env);
  if (packages.length > 0 && findOnPath({ program: 'apt-get', path: systemPath(env) }) === null) {
    return `the test cluster needs ${packages.join(', ')}, and there is no apt-get to install them`;
  }
  return whyNotHere({ layout: clusterLayout(env), env });
}
