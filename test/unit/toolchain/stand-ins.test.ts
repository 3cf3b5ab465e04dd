import { describe, expect, it } from 'vitest';
import { builtinPackages } from '../../../src/shared/toolchain/convert/builtin-packages.ts';
import { standIns } from '../../../src/shared/toolchain/convert/stand-ins.ts';
import { type Deb, parseRelations } from '../../../src/shared/toolchain/debian/deb.ts';

const deb = (name: string, version = '1-1', depends = '', provides = ''): Deb => ({
  ...{ name, version, architecture: 'amd64', source: name, summary: name, digest: '0'.repeat(64), size: 1 },
  ...{ depends: parseRelations(depends), provides: parseRelations(provides).flat() },
});

describe('standIns', () => {
  const all = standIns(
    new Map(
      [
        deb('libc6', '2.36-9', 'libgcc-s1', 'libc6-2.36'),
        deb('libc-bin', '2.36-9', 'libc6 (>> 2.36)'),
        deb('libgcc-s1', '12.2.0-14', 'gcc-12-base (= 12.2.0-14), libc6 (>= 2.35)'),
        deb('gcc-12-base', '12.2.0-14'),
        deb('zlib1g', '1:1.2.13.dfsg-1', 'libc6 (>= 2.14)', 'libz1'),
        deb('zlib1g-dev', '1:1.2.13.dfsg-1', 'zlib1g (= 1:1.2.13.dfsg-1), libc6-dev | libc-dev'),
        deb('tool', '1.0', 'libz1, missing | zlib1g (>= 1:1.2.5-2)'),
      ].map((one) => [one.name, one]),
    ),
  );
  const get = (name: string) => all.find((one) => one.name === name);

  it('merges packages under one name and drops what they require of each other', () => {
    expect(get('glibc')?.requires).toEqual(['filesystem', 'libgcc']);
    expect(get('glibc')?.debs).toHaveLength(2);
    expect(get('glibc')?.provides).toContain('libc-bin = 2.36-9');
    expect(get('glibc')?.provides).toContain('rtld(GNU_HASH)');
    expect(get('libgcc')?.requires).toEqual(['filesystem', 'glibc >= 2.35']);
  });

  it('keeps the epoch in its own version and out of what others require', () => {
    expect(get('zlib')).toMatchObject({ epoch: 1, version: '1.2.13.dfsg', release: '1' });
    expect(get('zlib')?.provides).toEqual(['libz1', 'zlib1g = 1:1.2.13.dfsg-1']);
    expect(get('zlib-devel')?.requires).toEqual(['filesystem', 'zlib']);
    expect(get('tool')?.requires).toEqual(['filesystem', 'zlib', 'zlib >= 1.2.5']);
  });

  it('has the builtin packages, sorted among the others', () => {
    const names = all.map((one) => one.name);
    for (const own of builtinPackages) expect(names).toContain(own.name);
    expect(names).toEqual([...names].sort());
  });
});

describe('the builtin packages', () => {
  it('own each path once, in folders that exist', () => {
    const paths = builtinPackages.flatMap((own) => own.entries.map((entry) => entry.path));
    expect(paths).toEqual([...new Set(paths)]);
    for (const path of paths) expect(path).toMatch(/^\/[\w./-]+$/);
  });
});
