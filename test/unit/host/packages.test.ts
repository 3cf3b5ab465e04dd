import { describe, expect, it } from 'vitest';
import { missingNeeds } from '../../../src/shared/host/needs.ts';
import { candidatesIn, isLocked, packagesFor } from '../../../src/shared/host/packages.ts';

describe('what a host lacks', () => {
  it('counts commands in sbin, whatever the PATH of the user', () => {
    expect(missingNeeds(['mke2fs', 'rpm'], (path) => path === '/usr/sbin/mke2fs')).toEqual(['rpm']);
  });

  it('needs a command that may be started, and a file that is there', () => {
    const seen: [string, boolean][] = [];
    missingNeeds(['rpm', 'OVMF firmware'], (path, executable) => {
      seen.push([path, executable]);
      return false;
    });
    expect(seen).toContainEqual(['/usr/bin/rpm', true]);
    expect(seen).toContainEqual(['/usr/share/OVMF/OVMF_CODE.fd', false]);
  });

  it('takes either of the files that newer and older hosts have', () => {
    expect(missingNeeds(['OVMF firmware'], (path) => path.endsWith('OVMF_CODE.fd'))).toEqual([]);
  });

  it('names each once', () => {
    expect(missingNeeds(['rpm', 'rpm'], () => false)).toEqual(['rpm']);
  });
});

describe('the packages that bring it', () => {
  it('are the first that the lists hold, each once', () => {
    const listed = new Set(['rpm', 'util-linux', 'fdisk']);
    expect(packagesFor(['rpmbuild', 'rpm', 'sfdisk', 'unshare'], listed)).toEqual({
      packages: ['fdisk', 'rpm', 'util-linux'],
      unknown: [],
    });
    expect(packagesFor(['sfdisk'], new Set())).toEqual({
      packages: [],
      unknown: ['sfdisk'],
    });
  });

  it('are read from apt-cache policy', () => {
    const policy = `rpm:
  Installed: (none)
  Candidate: 4.18.0+dfsg-1
  Version table:
     4.18.0+dfsg-1 500
gone:
  Installed: (none)
  Candidate: (none)
  Version table:
foreign:i386:
  Installed: (none)
  Candidate: 1
`;
    expect([...candidatesIn(policy)]).toEqual(['rpm', 'foreign']);
  });
});

describe('a held lock', () => {
  it.each([
    ['E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12 (apt-get)', true],
    ['E: Unable to lock directory /var/lib/apt/lists/', true],
    ['E: Unable to acquire the dpkg frontend lock, is another process using it?', true],
    ['E: Unable to locate package foo', false],
    ['', false],
  ])('%s', (stderr, locked) => {
    expect(isLocked(stderr)).toBe(locked);
  });
});
