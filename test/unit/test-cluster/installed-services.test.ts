import { describe, expect, it } from 'vitest';
import { disablingCommands, servicesIn } from '../../cluster/installed-services.ts';

/** Of `dpkg-query --listfiles openssh-server etcd-server containerd`, shortened. */
const FILES = `/.
/etc
/etc/init.d
/etc/init.d/ssh
/etc/ssh
/lib/systemd/system
/lib/systemd/system/rescue-ssh.target
/lib/systemd/system/ssh.service
/lib/systemd/system/ssh.socket
/lib/systemd/system/ssh@.service
/usr/sbin/sshd

/.
/etc/init.d/etcd
/lib/systemd/system/etcd.service
/usr/bin/etcd

/.
/usr/lib/systemd/system/containerd.service
/usr/share/doc/containerd/examples/lib/systemd/system/other.service
`;

describe('services of packages that the test cluster has installed', () => {
  it('are found among the files of the packages', () => {
    expect(servicesIn(FILES)).toEqual({
      units: ['ssh.service', 'ssh.socket', 'etcd.service', 'containerd.service'],
      scripts: ['ssh', 'etcd'],
    });
    expect(servicesIn('')).toEqual({ units: [], scripts: [] });
  });

  it('are disabled for systemd and for the older init', () => {
    const services = { units: ['ssh.service'], scripts: ['ssh'] };
    expect(disablingCommands({ services, has: () => true })).toEqual([
      ['systemctl', 'disable', 'ssh.service'],
      ['update-rc.d', 'ssh', 'disable'],
    ]);
  });

  it("are disabled by Debian's own program where systemd is not there, and by none where there is no init", () => {
    const services = { units: ['ssh.service'], scripts: ['ssh'] };
    expect(disablingCommands({ services, has: (program) => program === 'deb-systemd-helper' })).toEqual([
      ['env', 'DPKG_MAINTSCRIPT_PACKAGE=proxybench-test-cluster', 'deb-systemd-helper', 'disable', 'ssh.service'],
    ]);
    expect(disablingCommands({ services, has: () => false })).toEqual([]);
  });
});
