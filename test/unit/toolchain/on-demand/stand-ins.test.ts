import { describe, expect, it } from 'vitest';
import { indexPackages } from '../../../../src/shared/toolchain/debian/find-packages.ts';
import type { Lock } from '../../../../src/shared/toolchain/lock.ts';
import { lockText, parseLock } from '../../../../src/shared/toolchain/lock.ts';
import { chooseAddition } from '../../../../src/shared/toolchain/on-demand/add.ts';
import { withoutOutdated } from '../../../../src/shared/toolchain/on-demand/convert.ts';
import { expectedRpms } from '../../../../src/shared/toolchain/on-demand/expected.ts';
import { onDemandStandIns } from '../../../../src/shared/toolchain/on-demand/stand-ins.ts';
import { stamp, standInsOf } from '../../../../src/shared/toolchain/recipe.ts';
import { deb, debsByName } from '../../../support/debs.ts';
import { madeUpRpm, madeUpToolchain } from '../../../support/made-up.ts';

const base: Lock = {
  ...{ schema: 'azl/toolchain-lock', version: 2, suite: 'debian 12', arch: 'x86_64', additions: [] },
  packages: [deb('libbase1'), deb('pkgconf', { depends: 'libbase1' })],
};
const offered = debsByName(
  deb('libbase1', { version: '9.9-9' }),
  deb('cmake', { version: '3.25.1+dfsg-1', depends: 'libbase1 (>= 1.0), shared-things, dpkg' }),
  deb('shared-things', { architecture: 'all' }),
  deb('libx11-6'),
  deb('libx11-dev', { version: '2:1.8-1', depends: 'libx11-6 (= 2:1.8-1)' }),
  deb('libx11-xcb-dev', { depends: 'libx11-dev' }),
  deb('libpkgconf'),
  deb('pkgconf-bin', { depends: 'libx11-6' }),
  deb('libtry-tiny-perl', { architecture: 'all' }),
  deb('libtest-fatal-perl', { architecture: 'all', depends: 'libtry-tiny-perl (>= 0.07)' }),
  deb('libboost-dev'),
  deb('libboost-all-dev', { depends: 'libboost-dev' }),
);
const byFile = new Map([
  ['/usr/bin/cmake', ['cmake']],
  ['/usr/bin/cpack', ['cmake']],
  ['pkgconfig(x11)', ['libx11-dev']],
  ['library(x11)', ['libx11-dev']],
  ['libX11.so.6', ['libx11-6']],
  ['perl(Tiny)', ['libtry-tiny-perl']],
  ['perl(Try::Tiny)', ['libtry-tiny-perl']],
]);
const index = indexPackages(offered, byFile, /^dpkg$/);

/** Adds what capabilities ask for. */
function ask(lock: Lock, ...capabilities: string[]): Lock {
  const { addition } = chooseAddition(lock, offered, index, capabilities);
  return addition === undefined ? lock : { ...lock, additions: [...lock.additions, addition] };
}
const named = (lock: Lock) => new Map(onDemandStandIns(lock).map((one) => [one.standIn.name, one]));

describe('the packages on demand of a lock', () => {
  it('are those that were asked for and what they need, without those that are there', () => {
    const { addition, missing } = chooseAddition(base, offered, index, ['cmake', '/usr/bin/cpack', 'odd']);
    expect(addition?.asked).toEqual({ cmake: ['cmake'], '/usr/bin/cpack': ['cmake'] });
    expect(addition?.packages.map(({ name }) => name)).toEqual(['cmake', 'shared-things']);
    expect(addition?.files).toEqual({ cmake: ['/usr/bin/cmake', '/usr/bin/cpack'] });
    expect(missing).toEqual(['odd']);
    expect(chooseAddition(base, offered, index, ['odd'])).toEqual({ addition: undefined, missing: ['odd'] });
  });

  it('change nothing of the base, nor of what was asked for before', () => {
    const once = ask(base, 'cmake');
    const twice = ask(once, 'libX11-devel', '/usr/bin/cmake');
    expect(stamp(twice)).toBe(stamp(base));
    expect(standInsOf(twice)).toEqual(standInsOf(base));
    const before = onDemandStandIns(once);
    const after = onDemandStandIns(twice).slice(0, before.length);
    expect(after.map(({ standIn }) => standIn)).toEqual(before.map(({ standIn }) => standIn));
  });

  it('are content with the RPM of a spec that takes the place of what they need, under another name', () => {
    const found = named(ask(base, 'libX11-xcb-devel', 'libx11-xcb-dev', 'libtest-fatal-perl'));
    const requires = (name: string) => found.get(name)?.standIn.requires;
    expect(requires('libx11-xcb-devel')).toContain('(libx11-devel or pkgconfig(x11))');
    expect(requires('libx11-devel')).toContain('(libx11 or libX11.so.6()(64bit))');
    expect(requires('libtest-fatal-perl')).toContain('(libtry-tiny-perl >= 0.07 or perl(Try::Tiny))');
    expect(named(ask(base, 'cmake')).get('cmake')?.standIn.requires).toContain('libbase >= 1.0');
  });

  it('do not provide by another name what was found elsewhere', () => {
    const found = named(ask(base, 'boost-devel'));
    const names = (name: string) => found.get(name)?.standIn.provides.map((text) => text.split(' ')[0]);
    expect(names('libboost-all-devel')).toContain('boost-devel');
    expect(names('libboost-devel')).not.toContain('boost-devel');
    expect(named(ask(base, 'libboost-dev')).get('libboost-devel')?.standIn.provides.join()).toContain(
      'boost-devel',
    );
  });

  it('have the path of an alternative, which no list of files has', () => {
    const withRename = indexPackages(
      new Map([...offered, ...debsByName(deb('util-linux-extra'))]),
      byFile,
      /^dpkg$/,
    );
    const { addition } = chooseAddition(
      base,
      new Map([...offered, ...debsByName(deb('util-linux-extra'))]),
      withRename,
      ['/usr/bin/rename'],
    );
    const [only] = onDemandStandIns({ ...base, additions: addition === undefined ? [] : [addition] });
    expect(only?.paths).toEqual(['/usr/bin/rename']);
  });

  it('become stand-ins that provide what was asked for', () => {
    const found = named(ask(base, 'cmake', 'cmake3', 'pkgconfig(x11)', '/usr/bin/cpack'));
    expect([...found.keys()].sort()).toEqual(['cmake', 'libx11', 'libx11-devel', 'shared-things']);
    const cmake = found.get('cmake');
    expect(cmake?.standIn).toMatchObject({
      version: '3.25.1+dfsg',
      requires: expect.arrayContaining(['shared-things']),
    });
    expect(cmake?.standIn.provides).toContain('cmake3 = 3.25.1');
    expect(cmake?.paths).toEqual(['/usr/bin/cmake', '/usr/bin/cpack']);
    expect(found.get('libx11-devel')?.standIn.provides).toContain('pkgconfig(x11) = 1.8');
    expect(found.get('libx11')?.sonames).toEqual(['libX11.so.6']);
  });

  it('get an RPM without files where a name leads to several, or to one that was there', () => {
    const found = named(ask(ask(base, 'libx11-dev'), 'libX11-devel', 'pkgconfig(base)', 'libx11-devel-old'));
    expect(found.get('libX11-devel')?.standIn).toMatchObject({
      ...{ debs: [], noarch: true, requires: ['libx11-devel', 'libx11-xcb-devel'] },
    });
  });

  it('require each other where a name leads to several, one of which has it as its own', () => {
    const both = debsByName(deb('libdune-ocaml-dev'), deb('ocaml-dune'));
    const withDune = new Map([...offered, ...both]);
    const { addition } = chooseAddition(base, withDune, indexPackages(withDune, byFile, /^dpkg$/), [
      'ocaml-dune-devel',
    ]);
    const found = onDemandStandIns({ ...base, additions: addition === undefined ? [] : [addition] });
    expect(found.map(({ standIn }) => standIn.name)).toEqual(['ocaml-dune-devel', 'ocaml-dune']);
    expect(found[0]?.standIn.requires).toEqual(['filesystem', 'ocaml-dune']);
    expect(expectedRpms(found, madeUpToolchain([]))[0]?.closure).toHaveLength(2);
  });

  it('keep their Debian names where the base has an RPM of that name', () => {
    const lock: Lock = { ...base, packages: [deb('pkgconf')] };
    const found = named(ask(lock, 'pkgconf-bin', 'libx11-dev'));
    expect([...found.keys()]).toContain('pkgconf-bin');
    expect(found.get('pkgconf-bin')?.standIn.requires).toContain('(libx11 or libX11.so.6()(64bit))');
  });

  it('are known to the graph before they are converted, with all that they need', () => {
    const lock = ask(base, 'cmake');
    const standIns = onDemandStandIns(lock);
    const toolchain = madeUpToolchain([madeUpRpm('gcc')]);
    const [cmake, data] = expectedRpms(standIns, toolchain);
    expect(cmake).toMatchObject({
      name: 'cmake',
      isConverted: false,
      paths: ['/usr/bin/cmake', '/usr/bin/cpack'],
    });
    expect(cmake?.closure).toEqual(['cmake-3.25.1+dfsg-1.x86_64.rpm', 'shared-things-1.0-1.noarch.rpm']);
    expect(data?.closure).toEqual(['shared-things-1.0-1.noarch.rpm']);
  });

  it('are not taken from a folder that another lock filled', () => {
    const rpms = [madeUpRpm('gcc'), madeUpRpm('cmake')];
    const file = rpms[1]?.file as string;
    const toolchain = { ...madeUpToolchain(rpms), onDemand: { [file]: '0'.repeat(64) } };
    const left = withoutOutdated(
      toolchain,
      onDemandStandIns(ask(base, 'cmake')).map(({ standIn }) => standIn),
    );
    expect(left.rpms.map(({ name }) => name)).toEqual(['gcc']);
    expect(left.onDemand).toEqual({});
  });

  it('are read back as they were written, and refused where they contradict each other', () => {
    const lock = ask(ask(base, 'cmake'), 'libx11-dev');
    expect(parseLock(lockText(lock), 'l')).toEqual(lock);
    const [first] = lock.additions;
    const twice = { ...lock, additions: [first, first] };
    expect(() => parseLock(JSON.stringify(twice), 'l')).toThrow('not sorted by name, each once');
    const unknown = { ...lock, additions: [{ packages: [], files: {}, asked: { x: ['gone'] } }] };
    expect(() => parseLock(JSON.stringify(unknown), 'l')).toThrow('no package gone');
  });

  it('are none in a lock of the first form', () => {
    const { additions, ...first } = base;
    expect(additions).toEqual([]);
    expect(parseLock(JSON.stringify({ ...first, version: 1 }), 'l')).toEqual(base);
  });
});
