import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Rpm } from '../../../src/shared/model/rpm.ts';

import { isRich, parseRequirement, satisfies } from '../../../src/shared/rpm/requirement.ts';

import { rememberingSolver, solverQuestion } from '../../../src/shared/solver/remembering-solver.ts';
import { type SolverAnswer, startSolver } from '../../../src/shared/solver/solver.ts';
import { closeSolvers, names, over, request, rpm, toolchain } from '../../support/real-solver.ts';

afterEach(closeSolvers);

const zlibStandIn = rpm({
  name: 'zlib',
  evr: '1:1.2.13-1',
  provides: ['libz.so.1()(64bit)'],
  files: ['/usr/lib64/libz.so.1'],
});
const zlibDevelStandIn = rpm({
  name: 'zlib-devel',
  evr: '1:1.2.13-1',
  provides: ['pkgconfig(zlib) = 1.2.13'],
  requires: ['zlib = 1:1.2.13-1'],
  files: ['/usr/include/zlib.h'],
});
const rpmStandIn = rpm({ name: 'rpm', evr: '4-1', requires: ['libz.so.1()(64bit)', '/bin/sh'] });
const shell = rpm({ name: 'dash', files: ['/usr/bin/sh', '/usr/bin/dash'] });
const stock = [zlibStandIn, zlibDevelStandIn, rpmStandIn, shell];
const base = [zlibStandIn.file, zlibDevelStandIn.file, rpmStandIn.file, shell.file];
const zlib = rpm({
  name: 'zlib',
  evr: '1.3-1',
  provides: ['libz.so.1()(64bit)'],
  files: ['/usr/lib64/libz.so.1'],
});
const zlibDevel = rpm({
  name: 'zlib-devel',
  evr: '1.3-1',
  provides: ['pkgconfig(zlib) = 1.3'],
  requires: ['zlib(x86-64) = 1.3-1', 'libz.so.1()(64bit)'],
  files: ['/usr/include/zlib.h'],
});
const zlibWithIsa = { ...zlib, provides: [...zlib.provides, 'zlib(x86-64) = 1.3-1'] };

describe('the toolchain alone', () => {
  it('installs a closure, file requirements and the base included', async () => {
    const solver = await over(stock);
    expect(names(await solver.solve({ install: ['rpm'] }))).toEqual([
      'dash-1.0-1',
      'rpm-4-1',
      'zlib-1.2.13-1',
    ]);
    expect(names(await solver.solve({ install: ['dash'], base }))).toEqual([
      'dash-1.0-1',
      'rpm-4-1',
      'zlib-1.2.13-1',
      'zlib-devel-1.2.13-1',
    ]);
    expect(names(await solver.solve({ install: [] }))).toEqual([]);
  });

  it('says what nothing provides, and who needs it', async () => {
    const solver = await over([rpm({ name: 'foo', requires: ['bar >= 2', 'zlib-devl'] }), ...stock]);
    expect(await solver.solve({ install: ['zlib-devl'], base })).toEqual({
      ok: false,
      problems: ["nothing provides 'zlib-devl'"],
      missing: ['zlib-devl'],
    });
    const answer = await solver.solve({ install: ['foo'], base });
    expect(answer).toMatchObject({ ok: false });
    expect(answer.ok || answer.problems.join('\n')).toContain('needed by foo-1.0-1.x86_64');
    expect(answer.ok || answer.missing.length).toBeGreaterThan(0);
    const version = await solver.solve({ install: ['zlib > 1:9'], base });
    expect(version).toMatchObject({ ok: false, missing: ['zlib > 1:9'] });
  });

  it('names what conflicts', async () => {
    const solver = await over([rpm({ name: 'a', conflicts: ['b < 2'] }), rpm({ name: 'b' })]);
    expect(await solver.solve({ install: ['a', 'b'] })).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([
        expect.stringContaining('a-1.0-1.x86_64 conflicts with b-1.0-1.x86_64'),
      ]),
      missing: [],
    });
  });

  it('leaves RPMs for other machines alone and refuses nonsense', async () => {
    const solver = await over([rpm({ name: 'arm', arch: 'aarch64' }), ...stock]);
    expect(await solver.solve({ install: ['arm'] })).toMatchObject({ missing: ['arm'] });
    await expect(solver.solve({ install: [], base: ['nope.rpm'], local: [] })).rejects.toThrow(
      "no 'nope.rpm'",
    );
    expect(await solver.solve({ install: ['(a if'] })).toMatchObject({
      problems: ["'(a if' is no capability that can be read"],
    });
    expect(names(await solver.solve({ install: ['dash'] }))).toEqual(['dash-1.0-1']);
  });

  it('never has two RPMs of one name in one origin', async () => {
    const solver = await over(stock);
    const twice = [rpm({ name: 'app' }), rpm({ name: 'app', evr: '9:1.0-1' })];
    await expect(solver.solve({ install: ['app'], local: twice })).rejects.toThrow(
      "two local RPMs are 'app-1.0-1.x86_64.rpm'",
    );
    expect(names(await solver.solve({ install: ['dash'] }))).toEqual(['dash-1.0-1']);
  });
});

describe('stand-ins', () => {
  it('give way to a local RPM that a requirement names, whatever their epoch', async () => {
    const solver = await over(stock);
    const local = [zlibWithIsa, zlibDevel];
    expect(names(await solver.solve({ install: ['zlib-devel'], base, local }))).toEqual([
      'dash-1.0-1',
      'rpm-4-1',
      '*zlib-1.3-1',
      '*zlib-devel-1.3-1',
    ]);
    expect(names(await solver.solve({ install: ['pkgconfig(zlib)'], base: [], local }))).toEqual([
      '*zlib-1.3-1',
      '*zlib-devel-1.3-1',
    ]);
  });

  it('give way to what a local RPM requires', async () => {
    const solver = await over(stock);
    const app = rpm({ name: 'app', requires: ['libz.so.1()(64bit)', '/bin/sh'] });
    expect(names(await solver.solve({ install: ['app'], base, local: [app, zlib] }))).toEqual([
      '*app-1.0-1',
      'dash-1.0-1',
      'rpm-4-1',
      '*zlib-1.3-1',
    ]);
  });

  it('stay where nothing names the local RPM', async () => {
    const solver = await over(stock);
    expect(names(await solver.solve({ install: ['dash'], base, local: [zlib] }))).toContain('zlib-1.2.13-1');
  });

  it('satisfy a version that no local RPM has', async () => {
    const solver = await over(stock);
    expect(names(await solver.solve({ install: ['zlib >= 1:1.2'], base: [], local: [zlib] }))).toEqual([
      'zlib-1.2.13-1',
    ]);
  });

  it('go when a local RPM has one of their files, also behind merged folders', async () => {
    const solver = await over(stock);
    const bash = rpm({ name: 'bash', files: ['/bin/sh', '/usr/bin/bash'] });
    expect(names(await solver.solve({ install: ['bash'], base, local: [bash] }))).toEqual([
      '*bash-1.0-1',
      'rpm-4-1',
      'zlib-1.2.13-1',
      'zlib-devel-1.2.13-1',
    ]);
    const shared = rpm({ name: 'other', folders: ['/usr/include', '/usr/bin'] });
    const solver2 = await over([rpm({ name: 'one', folders: ['/usr/include', '/usr/bin'] })]);
    expect(names(await solver2.solve({ install: ['one', 'other'], base: [], local: [shared] }))).toEqual([
      'one-1.0-1',
      '*other-1.0-1',
    ]);
  });

  it('take along what cannot work without them', async () => {
    const solver = await over(stock);
    const bare = rpm({ name: 'zlib', evr: '1.3-1', files: ['/usr/lib64/libz.so.1'] });
    expect(names(await solver.solve({ install: ['zlib'], base, local: [bare] }))).toEqual([
      'dash-1.0-1',
      '*zlib-1.3-1',
    ]);
  });

  it('follow obsoletes', async () => {
    const solver = await over(stock);
    const ng = rpm({ name: 'zlib-ng', obsoletes: ['zlib < 1:2'], provides: ['libz.so.1()(64bit)'] });
    expect(names(await solver.solve({ install: ['zlib-ng'], base, local: [ng] }))).toEqual([
      'dash-1.0-1',
      'rpm-4-1',
      '*zlib-ng-1.0-1',
    ]);
  });
});

describe('local RPMs', () => {
  const old = rpm({ name: 'lib', evr: '1.0-1', provides: ['liba'] });
  const young = rpm({ name: 'lib', evr: '2.0-1', provides: ['liba'] });

  it('of one name: the highest that satisfies wins, also against the base', async () => {
    const solver = await over([rpm({ name: 'held', files: ['/held'] })]);
    const local = [{ ...old }, { ...young, files: ['/held'] }];
    const heldBase = ['held-1.0-1.x86_64.rpm'];
    expect(names(await solver.solve({ install: ['lib'], base: heldBase, local }))).toEqual(['*lib-2.0-1']);
    expect(names(await solver.solve({ install: ['liba'], base: heldBase, local }))).toEqual(['*lib-2.0-1']);
    expect(names(await solver.solve({ install: ['lib < 2'], base: heldBase, local }))).toEqual([
      'held-1.0-1',
      '*lib-1.0-1',
    ]);
  });

  it('compare versions as rpm does', async () => {
    const solver = await over([]);
    const local = ['1.10~rc1-1', '1.9-1', '1.10-1'].map((evr) => rpm({ name: 'v', evr }));
    expect(names(await solver.solve({ install: ['v'], base: [], local }))).toEqual(['*v-1.10-1']);
    expect(names(await solver.solve({ install: ['v < 1.10'], base: [], local }))).toEqual(['*v-1.10~rc1-1']);
  });

  it('meet rich requirements', async () => {
    const solver = await over([...stock, rpm({ name: 'vim' }), rpm({ name: 'emacs' })]);
    const local = [
      rpm({ name: 'cond', requires: ['(zlib-devel if rpm)'] }),
      rpm({ name: 'both', requires: ['(vim and emacs)'] }),
      rpm({ name: 'without', requires: ['(zlib-devel without pkgconfig(nope))'] }),
    ];
    const run = async (...install: string[]) => names(await solver.solve({ install, base: [], local }));
    expect(await run('cond')).toEqual(['*cond-1.0-1']);
    expect(await run('cond', 'rpm')).toContain('zlib-devel-1.2.13-1');
    expect(await run('both')).toEqual(['*both-1.0-1', 'emacs-1.0-1', 'vim-1.0-1']);
    expect(await run('(vim and emacs)')).toEqual(['emacs-1.0-1', 'vim-1.0-1']);
    expect(await run('(vim or nope)')).toEqual(['vim-1.0-1']);
    expect(await run('without')).toContain('zlib-devel-1.2.13-1');
  });

  it('replace a manifest RPM of their name in the base', async () => {
    const solver = await over([old, rpm({ name: 'app', requires: ['liba'] })], 'download');
    const answer = await solver.solve({
      install: ['app'],
      base: [old.file],
      local: [rpm({ name: 'lib', evr: '0.9-1', provides: ['liba'] })],
    });
    expect(names(answer)).toEqual(['app-1.0-1', '*lib-0.9-1']);
  });
});

describe('answers', () => {
  it('do not depend on the order of anything, or on earlier requests', async () => {
    const provider = fc.constantFrom(
      'x',
      'y',
      'z',
      '/bin/x',
      '/usr/share/y',
      'x >= 1.5',
      'y < 2',
      '(x if y)',
    );
    const one = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      evr: fc.constantFrom('1.0-1', '1.5-1', '2.0-1', '1:1.0-1'),
      provides: fc.uniqueArray(fc.constantFrom('x = 1', 'x = 2', 'y = 1', 'y = 2', 'z')),
      requires: fc.uniqueArray(provider, { maxLength: 2 }),
      files: fc.uniqueArray(fc.constantFrom('/bin/x', '/usr/bin/x', '/usr/share/y'), { maxLength: 2 }),
    });
    const set = fc.uniqueArray(one, { selector: (given) => rpm(given).file, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        set,
        set,
        fc.uniqueArray(provider, { minLength: 1, maxLength: 3 }),
        fc.uniqueArray(provider, { maxLength: 1 }),
        fc.gen(),
        async (t, l, i, c, gen) => {
          const shuffle = <T>(list: T[]): T[] =>
            list.length < 2 ? list : gen(fc.shuffledSubarray, list, { minLength: list.length });
          const rpms = t.map(rpm);
          const local = l.map(rpm);
          const asked = { install: i, conflicts: c, base: rpms.map((each) => each.file), local };
          const mixed = { ...asked, install: shuffle(i), base: shuffle(asked.base) };
          const results = local.map((one) => [one]);
          const first = await startSolver(toolchain(rpms));
          const second = await startSolver(toolchain(shuffle(rpms)));
          try {
            const answer = await first.solve({ ...asked, local: results });
            await second.solve(request({ install: ['nope', 'f'] }));
            expect(await second.solve({ ...mixed, local: shuffle(results) })).toEqual(answer);
            if (answer.ok) expectClosed(answer, asked, rpms);
          } finally {
            await Promise.all([first.close(), second.close()]);
          }
          expect(solverQuestion({ ...mixed, local: shuffle(results) }, toolchain(shuffle(rpms)))).toBe(
            solverQuestion({ ...asked, local: results }, toolchain(rpms)),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are remembered: a known question starts nothing', async () => {
    const answers = new Map<string, SolverAnswer>();
    const tools = toolchain(stock);
    const asked = request({ install: ['rpm'], base, local: [zlib] });
    const first = rememberingSolver(tools, startSolver, answers);
    const answer = await first.solve(asked);
    await first.close();
    const second = rememberingSolver(tools, () => Promise.reject(new Error('started')), answers);
    expect(await second.solve(asked)).toEqual(answer);
    await expect(second.solve({ ...asked, install: ['dash'] })).rejects.toThrow('started');
  });
});

it('dies with its input, and says so when it died', async () => {
  const solver = await startSolver(toolchain(stock));
  await solver.close();
  await expect(solver.solve(request({}))).rejects.toThrow('the solver ended');
});

/** No two of one name, and every plain requirement of the request and of what is installed is met. */
function expectClosed(
  answer: Extract<SolverAnswer, { ok: true }>,
  request: { install: string[]; local: Rpm[] },
  rpms: Rpm[],
): void {
  const installed = answer.installed.map((one) => {
    const from = one.origin === 'local' ? request.local : rpms;
    return from.find((each) => each.file === one.file) as Rpm;
  });
  expect(new Set(installed.map((one) => one.name)).size).toBe(installed.length);
  const paths = installed.flatMap((one) => one.files).map((path) => path.replace(/^\/bin\//, '/usr/bin/'));
  const provides = installed.flatMap((one) => one.provides);
  const required = [...request.install, ...installed.flatMap((one) => one.requires)];
  for (const require of required.filter((one) => !isRich(parseRequirement(one)))) {
    const isMet =
      paths.includes(require.replace(/^\/bin\//, '/usr/bin/')) ||
      provides.some((provide) => satisfies(provide, require));
    expect(isMet, `${require} in ${files(installed)}`).toBe(true);
  }
  const locals = installed.filter((one) => request.local.includes(one));
  const standIns = installed.filter((one) => !request.local.includes(one));
  for (const one of locals) {
    for (const other of standIns) {
      expect(
        one.files.some((path) => other.files.includes(path)),
        files([one, other]),
      ).toBe(false);
    }
  }
}

function files(rpms: Rpm[]): string {
  return rpms.map((one) => one.file).join(' ');
}
