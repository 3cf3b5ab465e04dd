import { describe, expect, it } from 'vitest';
import { declaredGraph, plainPolicy } from '../../../src/shared/graph/graph.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { treeProblems } from '../../../src/shared/planner/tree-problems.ts';
import { madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';

const toolchain = madeUpToolchain([
  madeUpRpm('gcc', { files: ['/usr/bin/gcc'], provides: ['gcc = 12', 'pkgconfig(gmp) = 6'] }),
  madeUpRpm('m4'),
]);

const filesOfPng = [
  ...['/usr/lib/pkgconfig/libpng.pc', '/usr/lib/pkgconfig/libpng16.pc', '/usr/lib/cmake/PNG/PNGConfig.cmake'],
  ...['/usr/share/perl5/vendor_perl/Image/PNG.pm', '/usr/lib/libpng.so.16', '/usr/lib/pkgconfig/*.pc'],
];

/** The problems of a tree, as `place: message (hint)`. */
function problemsOf(specs: Spec[], names: string[], policy = plainPolicy): string[] {
  const place = (file: string) => ({ file });
  return treeProblems(declaredGraph(specs, toolchain, policy), names, place, specs).map(
    ({ file, message, hint }) => `${file}: ${message} (${hint})`,
  );
}

describe('the problems of a tree', () => {
  it.each([
    ['/usr/bin/gccc', "Nearest: '/usr/bin/gcc' (toolchain). "],
    ['pkgconfig(gmpp)', "Nearest: 'pkgconfig(gmp)' (toolchain). "],
    ['/usr/sbin/gcc', "Nearest: '/usr/bin/gcc' (toolchain). "],
    ['perl(No::Such)', ''],
    ['pkgconfig(nosuch)', ''],
    ['/usr/bin/no-such-tool', ''],
    ['pkgconfig(libpngg)', "Nearest: 'pkgconfig(libpng)' (png), 'pkgconfig(libpng16)' (png). "],
    ['perl(Image::PNGG)', "Nearest: 'perl(Image::PNG)' (png). "],
    ['cmake(PNGG)', "Nearest: 'cmake(PNG)' (png). "],
    ['libpnng.so.16()(64bit)', "Nearest: 'libpng.so.16()(64bit)' (png). "],
  ])('names a requirement that nothing points to at once, and builds nothing for it: %s', (one, near) => {
    const png = { png: { files: filesOfPng } };
    const others = [...['x', 'y', 'z'].map((name) => madeUpSpec(name)), madeUpSpec('png', [], png)];
    const specs = [madeUpSpec('app', [one]), ...others];
    expect(problemsOf(specs, ['app'])).toEqual([
      `app: BuildRequires '${one}' is provided by nothing (${near}No name, file list or earlier build points to a provider: let its spec state it (Provides), or set discover-provides to build packages until one has it. Needed by: app.)`,
    ]);
    expect(problemsOf(specs, ['app'], { ...plainPolicy, discover: true })).toEqual([]);
  });

  it('names all that is missing at once, also what an RPM of a spec requires', () => {
    const lib = madeUpSpec('lib', [], { lib: { requires: ['nowhere'] } });
    const found = problemsOf([madeUpSpec('app', ['lib', 'gone', 'gcc > 99']), lib], ['app', 'lib']);
    expect(found).toEqual([
      "app: BuildRequires 'gone' is provided by nothing (Needed by: app.)",
      "app: BuildRequires 'gcc > 99' is provided by nothing (The toolchain has gcc 1.0-1. Needed by: app.)",
      "lib: Requires 'nowhere' is provided by nothing (Needed by: lib, needed by app.)",
    ]);
  });

  it.each([
    'arm-tool',
    'arm-api',
    '/usr/bin/arm',
    'pkgconfig(arm)',
  ])('names the spec of another architecture that has %s', (wanted) => {
    const files = ['/usr/bin/arm', '/usr/lib/pkgconfig/arm.pc'];
    const made = { 'arm-tool': { provides: ['arm-api = 1'], files } };
    const arm = { ...madeUpSpec('arm', [], made), excluded: 'ExclusiveArch: aarch64' };
    expect(problemsOf([madeUpSpec('app', [wanted]), arm], ['app'])).toEqual([
      `app: BuildRequires '${wanted}' is provided by nothing (SPECS/arm/arm.spec, which has it, is not built for this architecture (ExclusiveArch: aarch64). Needed by: app.)`,
    ]);
  });

  it('lists what is missing from the top of each spec to its end', () => {
    const lines = new Map([
      ['b', 3],
      ['c', 1],
      ['a', 2],
    ]);
    const place = (file: string, _tag: string, capability: string) => ({ file, line: lines.get(capability) });
    const specs = [madeUpSpec('y', ['a', 'b', 'c']), madeUpSpec('x', ['b'])];
    const found = treeProblems(declaredGraph(specs, toolchain, plainPolicy), ['y', 'x'], place, specs);
    expect(found.map(({ file, line }) => `${file}:${line}`)).toEqual(['x:3', 'y:1', 'y:2', 'y:3']);
  });

  it('names what a %check needs, if it is run', () => {
    const specs = [madeUpSpec('app', ['gcc']), madeUpSpec('lib')];
    const graph = declaredGraph(specs, toolchain, plainPolicy);
    const place = (file: string) => ({ file });
    const checks = (name: string) => (name === 'app' ? ['nosuchcheck'] : []);
    expect(treeProblems(graph, ['app', 'lib'], place, specs)).toEqual([]);
    expect(treeProblems(graph, ['app', 'lib'], place, specs, checks)).toMatchObject([
      { file: 'app', message: "BuildRequires 'nosuchcheck' is provided by nothing" },
    ]);
  });

  it('shows a cycle, and how the toolchain may break it', () => {
    const specs = [madeUpSpec('m4', ['tool']), madeUpSpec('tool', ['m4'])];
    expect(problemsOf(specs, ['m4'])[0]).toContain(
      'm4: dependency cycle: building m4 needs tool; building tool needs m4 (Remove one',
    );
    expect(problemsOf(specs, ['m4'])[0]).toContain(
      'break-cycles to a package of it that the toolchain has: m4.',
    );
    expect(problemsOf(specs, ['m4', 'tool'], { ...plainPolicy, breakCycles: new Set(['m4']) })).toEqual([]);
  });
});
