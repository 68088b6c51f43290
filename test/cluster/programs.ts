// Programs of this machine's distribution: which are needed, which are missing, and how they come.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../src/errors/errors.ts';
import { findOnPath, isExecutableFile } from '../../src/processes/find-on-path.ts';
import { disableNewServices, notePackages } from './installed-services.ts';
import type { ClusterLayout } from './layout.ts';
import { run } from './run.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Program (a path when it is not for the PATH) to Debian package. */
const NEEDED: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  'containerd-shim-runc-v2': 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  etcd: 'etcd-server',
  'docker-registry': 'docker-registry',
  nft: 'nftables',
  debootstrap: 'debootstrap',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  busybox: 'busybox-static',
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  openssl: 'openssl',
  git: 'git',
  '/usr/lib/git-core/git-http-backend': 'git',
  ip: 'iproute2',
  mount: 'mount',
};

export const CNI_PLUGINS = '/usr/lib/cni';

/** Asked by Debian's packages before they start a service. */
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const POLICY = '#!/bin/sh\n# Made by the proxybench test cluster while it installs packages.\nexit 101\n';
/** Of the needed packages, as they ask by. */
const SERVICES = ['ssh', 'docker-registry', 'etcd', 'containerd'];
const INSTALL_WITHIN_MS = 5 * 60_000;

/** PATH with the directories that hold servers and are not on everybody's. */
export function systemPath(env: Environment): string {
  return `${env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin`;
}

/** The program's file. @throws Error when it is missing */
export function systemProgram(input: { readonly name: string; readonly env: Environment }): string {
  const file = findOnPath({ program: input.name, path: systemPath(input.env) });
  if (file === null) throw new Error(`there is no ${input.name} on this machine`);
  return file;
}

/** Debian packages of the needed programs that are not there. */
export function missingPackages(env: Environment): readonly string[] {
  const missing = Object.entries(NEEDED).filter(([program]) =>
    program.startsWith('/') ? !isExecutableFile(program) : findOnPath({ program, path: systemPath(env) }) === null,
  );
  return [...new Set(missing.map(([, packageName]) => packageName))];
}

/**
 * Installs what is missing. No package is removed for it, no service is started by it, and none that came with it is
 * left to start with the machine.
 * @throws Error when apt-get fails, or when this machine's own policy lets services start
 */
export async function installMissingPackages(input: {
  readonly layout: ClusterLayout;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}): Promise<void> {
  const packages = missingPackages(input.env);
  if (packages.length === 0) return;
  const path = systemPath(input.env);
  const list = packages.join(', ');
  if (isPolicyForeign()) {
    const started = await allowedServices(POLICY_FILE);
    if (started.length > 0) {
      throw new Error(
        `the test cluster needs ${list}; ${POLICY_FILE} of this machine would start ${started.join(', ')}: install them yourself`,
      );
    }
  } else writeFileSync(POLICY_FILE, POLICY, { mode: 0o755 });
  input.onProgress(`installing ${list}`);
  const options = {
    // What watches over packages on some systems would restart this machine's services.
    env: { ...input.env, PATH: path, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' },
    timeoutMs: INSTALL_WITHIN_MS,
  };
  try {
    await run(['apt-get', 'update', '-qq'], options);
    await notePackages(input.layout);
    await run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', '--no-remove', ...packages], options);
  } finally {
    await disableNewServices({ layout: input.layout, path, onProgress: input.onProgress });
    removeOwnPolicy();
  }
}

/** Removes what a killed `up` has left to forbid services to start. */
export function removeOwnPolicy(): void {
  if (existsSync(POLICY_FILE) && !isPolicyForeign()) rmSync(POLICY_FILE);
}

/** The services of the needed packages that this policy (a program like policy-rc.d) would let start. */
export async function allowedServices(policy: string): Promise<readonly string[]> {
  const answers = await Promise.all(
    SERVICES.map(async (service) => {
      // It says by the exit code 101 that the service must not start.
      const denied = await run([policy, service, 'start']).then(
        () => false,
        (thrown: unknown) => / : 101$/m.test(messageOf(thrown)),
      );
      return denied ? [] : [service];
    }),
  );
  return answers.flat();
}

function isPolicyForeign(): boolean {
  return existsSync(POLICY_FILE) && !readFileSync(POLICY_FILE, 'utf8').includes('proxybench');
}
