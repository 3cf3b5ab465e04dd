import { describe, expect, it } from 'vitest';
import { licenseOf, longestLicense, ownPackages } from '../../../src/shared/image/packages/licenses.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import { builtinPackages } from '../../../src/shared/toolchain/convert/builtin-packages.ts';

const rpm = (name: string, ...files: string[]) => ({ name, files }) as unknown as Rpm;
const header = (license: string) => ({
  tags: [{ tag: 1014, type: 6, count: 1, data: Buffer.from(`${license}\0`) }],
});

describe('the license of an image’s package', () => {
  it.each(['local', 'repository'] as const)('is that of the header if it is of origin %s', (origin) => {
    const one = { origin, rpm: rpm('hello', '/usr/share/doc/x/copyright') };
    expect(licenseOf(one, header('GPL-3.0-or-later AND MIT'))).toBe('GPL-3.0-or-later AND MIT');
  });

  it('names the copyright files of the Debian packages that a stand-in was made of', () => {
    const files = ['/usr/bin/ldd', '/usr/share/doc/libc-bin/copyright', '/usr/share/doc/libc6/copyright'];
    expect(licenseOf({ origin: 'toolchain', rpm: rpm('glibc', ...files) })).toBe(
      'see /usr/share/doc/libc-bin/copyright, /usr/share/doc/libc6/copyright',
    );
  });

  it('names the folder for a stand-in whose copyright file another package of its source has', () => {
    expect(licenseOf({ origin: 'toolchain', rpm: rpm('kmod', '/usr/bin/kmod') })).toBe('see /usr/share/doc');
  });

  it('is that of azl for a package that azl writes itself', () => {
    expect(licenseOf({ origin: 'toolchain', rpm: rpm('filesystem') })).toBe('MIT');
    expect(builtinPackages.map(({ name }) => name).sort()).toEqual(ownPackages);
  });

  it('is one plain line of bounded length, whatever the header holds', () => {
    const one = { origin: 'local' as const, rpm: rpm('x') };
    expect(licenseOf(one, header('MIT\n\u001b[31mand\u0007 more\u202e'))).toBe('MIT and more');
    expect(licenseOf(one, header('x'.repeat(longestLicense * 2)))).toHaveLength(longestLicense);
    expect(licenseOf(one, { tags: [] })).toBe('');
  });
});
