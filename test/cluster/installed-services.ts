// Services that come with installed packages: found and switched off, so that none starts at the next boot.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { findOnPath } from '../../src/processes/find-on-path.ts';
import type { ClusterLayout } from './layout.ts';
import { run, runOrNull } from './run.ts';

/** The second is Debian's own, for packages' scripts; it works where systemd is not installed, or not yet. */
const SYSTEMD = [
  { program: 'systemctl', command: ['systemctl'] },
  {
    program: 'deb-systemd-helper',
    command: ['env', 'DPKG_MAINTSCRIPT_PACKAGE=proxybench-test-cluster', 'deb-systemd-helper'],
  },
];

/** What a package brings that a boot may start. */
export interface PackageServices {
  /** Of systemd: `ssh.service`. */
  readonly units: readonly string[];
  /** In /etc/init.d: `ssh`. */
  readonly scripts: readonly string[];
}

/** Notes which packages there are before others come: after a SIGKILL, `disableNewServices` still knows the new ones. */
export async function notePackages(layout: ClusterLayout): Promise<void> {
  // An older note is of an installation that was killed half-way: what came with that one is new as well.
  if (existsSync(layout.packagesFile)) return;
  mkdirSync(dirname(layout.packagesFile), { recursive: true });
  writeFileSync(layout.packagesFile, JSON.stringify(await installedPackages()));
}

/** Disables the services of all packages that came since `notePackages`, and forgets the note; nothing without one. */
export async function disableNewServices(input: {
  readonly layout: ClusterLayout;
  /** Where systemctl and its like are looked for. */
  readonly path: string;
  readonly onProgress: (line: string) => void;
}): Promise<void> {
  const { packagesFile } = input.layout;
  if (!existsSync(packagesFile)) return;
  const before = new Set(JSON.parse(readFileSync(packagesFile, 'utf8')) as readonly string[]);
  const came = (await installedPackages()).filter((name) => !before.has(name));
  const files = came.length === 0 ? '' : await run(['dpkg-query', '--listfiles', ...came]);
  const services = servicesIn(files);
  const has = (program: string): boolean => findOnPath({ program, path: input.path }) !== null;
  const names = [...new Set([...services.units, ...services.scripts.map((script) => `/etc/init.d/${script}`)])];
  if (names.length > 0) input.onProgress(`disabling ${names.join(', ')}: nothing of it is to start with the machine`);
  for (const command of disablingCommands({ services, has })) {
    await run(command, { env: { ...process.env, PATH: input.path } });
  }
  rmSync(packagesFile);
}

/** Services among the files that `dpkg-query --listfiles` prints. */
export function servicesIn(listing: string): PackageServices {
  const found = (pattern: RegExp): readonly string[] => [
    ...new Set(listing.split('\n').flatMap((file) => pattern.exec(file)?.[1] ?? [])),
  ];
  return {
    // Templates, `ssh@.service`, start nothing by themselves.
    units: found(/^(?:\/usr)?\/lib\/systemd\/system\/([^/@]+\.(?:service|socket|timer|path))$/),
    scripts: found(/^\/etc\/init\.d\/([^/]+)$/),
  };
}

/** How to disable them for systemd, with or without its own program, and for the older init. */
export function disablingCommands(input: {
  readonly services: PackageServices;
  /** Whether a program is on this machine. */
  readonly has: (program: string) => boolean;
}): readonly (readonly string[])[] {
  const { units, scripts } = input.services;
  const systemd = SYSTEMD.find(({ program }) => input.has(program))?.command;
  return [
    ...(systemd === undefined ? [] : units.map((unit) => [...systemd, 'disable', unit])),
    ...(input.has('update-rc.d') ? scripts.map((script) => ['update-rc.d', script, 'disable']) : []),
  ];
}

async function installedPackages(): Promise<readonly string[]> {
  const listing =
    (await runOrNull(['dpkg-query', '--show', '--showformat', '${binary:Package} ${db:Status-Status}\n'])) ?? '';
  return listing.split('\n').flatMap((line) => {
    const [name = '', status = ''] = line.split(' ');
    // What was removed but for its settings may have left them; it was not installed.
    return name === '' || ['not-installed', 'config-files'].includes(status) ? [] : [name];
  });
}
