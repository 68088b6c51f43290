// The real programs of this machine, on a root directory of the test's own.
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findOnPath } from '../../../src/processes/find-on-path.ts';
import { disablingCommands } from '../../cluster/installed-services.ts';
import { allowedServices, systemPath } from '../../cluster/programs.ts';
import { run } from '../../cluster/run.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const UNIT = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n';

it.for(['systemctl', 'deb-systemd-helper'])(
  'a service that %s has enabled does not start with the machine',
  async (program, { skip }) => {
    const path = systemPath(process.env);
    if (findOnPath({ program, path }) === null) skip(`there is no ${program}`);
    const root = temporaryDirectory('services');
    const wanted = join(root, 'etc/systemd/system/multi-user.target.wants/x.service');
    for (const place of ['lib/systemd/system', 'etc/systemd/system/multi-user.target.wants', 'var/lib/systemd']) {
      mkdirSync(join(root, place), { recursive: true });
    }
    writeFileSync(join(root, 'lib/systemd/system/x.service'), UNIT);
    const services = { units: ['x.service'], scripts: [] };
    const [command = []] = disablingCommands({ services, has: (name) => name === program });
    const inRoot = command.flatMap((word) => (word === 'systemctl' ? [word, `--root=${root}`] : [word]));
    const options = { env: { ...process.env, PATH: path, DPKG_ROOT: root } };
    await run(
      inRoot.map((word) => (word === 'disable' ? 'enable' : word)),
      options,
    );
    expect(isLink(wanted)).toBe(true);
    await run(inRoot, options);
    expect(isLink(wanted)).toBe(false);
  },
);

it("this machine's own policy is asked which services it lets start", async () => {
  const policy = join(temporaryDirectory('policy'), 'policy-rc.d');
  writeFileSync(policy, '#!/bin/sh\n[ "$1" = ssh ] && [ "$2" = start ] && exit 0\nexit 101\n', { mode: 0o755 });
  expect(await allowedServices(policy)).toEqual(['ssh']);
});

/** It points to where the unit would be on a booted machine, so to nothing here. */
function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
