// A far side that is really far: sshd on an address of its own, and the program `trans` that reaches it by route.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ComponentSpec } from './component.ts';
import { ADDRESS, PORTS, TRANS_ROUTE } from './layout.ts';
import type { ClusterLayout } from './layout.ts';
import { systemProgram } from './programs.ts';
import { run } from './run.ts';

const TRANS = fileURLToPath(new URL('trans.bash', import.meta.url));
/** Debian's sshd insists on it for its unprivileged part. */
const PRIVILEGE_SEPARATION = '/run/sshd';

/** Makes keys, sshd's configuration and `trans`, and says how to start sshd. */
export async function sshdSpec(input: {
  readonly layout: ClusterLayout;
  /** Directory of the Kubernetes programs, put on the far side's PATH. */
  readonly programs: string;
}): Promise<ComponentSpec> {
  const { layout } = input;
  const home = join(layout.state, 'ssh');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const hostKey = join(home, 'host-key');
  const clientKey = join(home, 'client-key');
  for (const file of [hostKey, clientKey]) {
    if (!existsSync(file)) await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'proxybench', '-f', file]);
  }
  const farEnvironment = {
    PATH: `${input.programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    KUBECONFIG: layout.kubeconfigFile,
    // A bash that takes itself for the first one below sshd reads this user's .bashrc at each call.
    SHLVL: '1',
    // What a session leaves behind is found by \`down\`.
    [layout.marker.name]: layout.marker.value,
  };
  const settings = [
    `ListenAddress ${ADDRESS}:${PORTS.sshd}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${clientKey}.pub`,
    'AuthenticationMethods publickey',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    'PidFile none',
    'PrintMotd no',
    'AllowTcpForwarding no',
    'MaxStartups 100',
    'MaxSessions 100',
    `SetEnv ${Object.entries(farEnvironment)
      .map(([name, value]) => `"${name}=${value}"`)
      .join(' ')}`,
  ];
  const file = join(home, 'sshd_config');
  writeFileSync(file, `${settings.join('\n')}\n`);
  const hostPublicKey = readFileSync(`${hostKey}.pub`, 'utf8');
  writeFileSync(join(home, 'known_hosts'), `[${ADDRESS}]:${PORTS.sshd} ${hostPublicKey}`);
  installTrans({ layout, home, clientKey, programs: input.programs });
  mkdirSync(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
  // sshd must be called by its full path, to start itself again for each connection.
  return { name: 'sshd', command: [systemProgram({ name: 'sshd', env: process.env }), '-D', '-e', '-f', file] };
}

/** `trans` reads its routes from a file beside it: name, user, address, port. */
function installTrans(input: {
  readonly layout: ClusterLayout;
  readonly home: string;
  readonly clientKey: string;
  readonly programs: string;
}): void {
  const { bin } = input.layout;
  mkdirSync(bin, { recursive: true });
  copyFileSync(TRANS, join(bin, 'trans'));
  chmodSync(join(bin, 'trans'), 0o755);
  writeFileSync(join(bin, 'trans.routes'), `${TRANS_ROUTE} root ${ADDRESS} ${PORTS.sshd}\n`);
  symlinkSync(input.clientKey, join(bin, 'trans.key'));
  symlinkSync(join(input.home, 'known_hosts'), join(bin, 'trans.known_hosts'));
}
