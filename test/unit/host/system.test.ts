import { expect, it } from 'vitest';
import { parseRelease, type System, systemName, systemProblem } from '../../../src/shared/host/system.ts';

const debian = (version: string) => ({
  ID: 'debian',
  VERSION_ID: version,
  PRETTY_NAME: `Debian GNU/Linux ${version}`,
});
const fine: System = {
  platform: 'linux',
  machine: 'x64',
  kernel: '6.12.48-amd64',
  release: debian('13'),
  hasApt: true,
};

it.each<[string, Partial<System>]>([
  ['Debian 13', {}],
  ['Debian 12', { release: debian('12') }],
  ['Debian without a version, as testing', { release: { ID: 'debian' } }],
  ['Ubuntu 24.04', { release: { ID: 'ubuntu', VERSION_ID: '24.04' } }],
  ['another system with apt', { release: { ID: 'linuxmint', VERSION_ID: '3' } }],
  ['no os-release', { release: {} }],
  ['arm64', { machine: 'arm64' }],
  ['WSL 2', { kernel: '5.15.153.1-microsoft-standard-WSL2' }],
])('%s is tried', (_name, differs) => {
  expect(systemProblem({ ...fine, ...differs })).toBeUndefined();
});

it.each<[string, Partial<System>, string, RegExp]>([
  ['macOS', { platform: 'darwin' }, 'azl works on Linux alone, and this is darwin', /container/],
  [
    'WSL 1',
    { kernel: '4.4.0-19041-Microsoft' },
    'WSL 1 has no Linux kernel, and azl mounts overlays and starts namespaces',
    /wsl --set-version/,
  ],
  [
    'another machine',
    { machine: 'riscv64' },
    'azl builds for x86_64 and aarch64, each on its own, and this is Debian GNU/Linux 13, riscv64',
    /Use a machine with/,
  ],
  [
    'Fedora',
    { hasApt: false, release: { ID: 'fedora', PRETTY_NAME: 'Fedora Linux 42' } },
    'azl installs what it needs with apt, and this is Fedora Linux 42, x64',
    /debian:13/,
  ],
  [
    'Alpine',
    { hasApt: false, release: { ID: 'alpine', NAME: 'Alpine Linux' } },
    'azl installs what it needs with apt, and this is Alpine Linux, x64',
    /debian:13/,
  ],
  [
    'Debian 11',
    { release: debian('11') },
    'azl needs Debian 12 or newer, and this is Debian GNU/Linux 11, x64',
    /debian:13/,
  ],
  [
    'Ubuntu 22.04',
    { release: { ID: 'ubuntu', VERSION_ID: '22.04', PRETTY_NAME: 'Ubuntu 22.04.5 LTS' } },
    'azl needs Ubuntu 24.04 or newer, and this is Ubuntu 22.04.5 LTS, x64',
    /debian:13/,
  ],
])('%s is refused with a way on', (_name, differs, message, hint) => {
  const problem = systemProblem({ ...fine, ...differs });
  expect(problem?.message).toBe(message);
  expect(problem?.hint).toMatch(hint);
});

it("a release file's values may be quoted, and are bounded", () => {
  const release = parseRelease(
    `# x\nID=debian\nPRETTY_NAME="Debian 13"\nA='b c'\nE=\nlower=x\nB=${'x'.repeat(999)}\n`,
  );
  expect(release).toEqual({ ID: 'debian', PRETTY_NAME: 'Debian 13', A: 'b c', E: '', B: 'x'.repeat(100) });
  expect(systemName({ ...fine, release: {} })).toBe('linux, x64');
});
