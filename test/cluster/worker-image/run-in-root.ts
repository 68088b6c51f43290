// RUN: a command of a Dockerfile within a root directory, with the network of this machine.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.ts';

/** Mounts live in a namespace of their own and end with the command. $1 root, $2 working directory, $3 command. */
const ENTER = `set -eu
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/run"
cp /etc/ssl/certs/ca-certificates.crt "$1/run/host-ca.crt"
exec chroot "$1" /bin/sh -c 'cd "$1" && exec /bin/sh -c "$2"' sh "$2" "$3"`;

/** @throws Error with the end of its output when it fails; it may take 10 min */
export async function runInRoot(input: {
  readonly root: string;
  readonly workingDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: string;
}): Promise<void> {
  const { root, workingDirectory, env, command } = input;
  mkdirSync(join(root, workingDirectory), { recursive: true });
  // What an engine would lay over the image for the time of the build.
  copyFileSync('/etc/resolv.conf', join(root, 'etc', 'resolv.conf'));
  writeFileSync(join(root, 'etc', 'hosts'), '127.0.0.1 localhost\n');
  const trusted = { NODE_EXTRA_CA_CERTS: '/run/host-ca.crt', NPM_CONFIG_CAFILE: '/run/host-ca.crt' };
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  await run(
    ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', ENTER, 'sh', root, workingDirectory, command],
    {
      env: { PATH: path, HOME: '/root', ...trusted, ...env },
      timeoutMs: 10 * 60_000,
    },
  );
}
