import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderProblems, foreignFolders, isOwn, makeFolders, marker } from '../../../cli/src/folders.ts';
import { pathsOf } from '../../../cli/src/paths.ts';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'azl-folders-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const pathsIn = (given: Record<string, string> = {}) =>
  pathsOf(
    Object.fromEntries(Object.entries(given).map(([name, path]) => [name, join(dir, path)])),
    dir,
    '/elsewhere',
  );
const said = (given: Record<string, string>, works = true) =>
  folderProblems(
    { ...pathsIn(), ...pathsIn({ OUT_DIR: 'out', BUILD_DIR: 'build', ...given }) },
    { writes: works, checkout: dir, specsDirs: [] },
  ).map((one) => formatProblem(one).replaceAll(`${dir}/`, ''));

describe('the folders of a run', () => {
  it('may be missing, empty, or links to folders; the check leaves no files', () => {
    mkdirSync(join(dir, 'there'));
    symlinkSync('there', join(dir, 'link'));
    expect(said({ OUT_DIR: 'not/there', BUILD_DIR: 'link', CACHE_DIR: 'link/x' })).toEqual([]);
    expect(readdirSync(dir).sort()).toEqual(['link', 'there']);
    expect(readdirSync(join(dir, 'there'))).toEqual([]);
  });

  it('cannot be files, in files, or broken links: each problem names the variable', () => {
    for (const name of ['file', 'other']) writeFileSync(join(dir, name), '');
    symlinkSync('nowhere', join(dir, 'link'));
    const given = { BUILD_DIR: 'file', OUT_DIR: 'other/x/y', CACHE_DIR: 'link' };
    const hint = (name: string) => `Name a folder that you may write: ${name}=<folder>.`;
    const all = [
      `BUILD_DIR is 'file', which is not a folder. ${hint('BUILD_DIR')}`,
      `OUT_DIR is 'other/x/y', which cannot be made: 'other' is not a folder. ${hint('OUT_DIR')}`,
      `CACHE_DIR is 'link', which cannot be made: the symbolic link 'link' leads nowhere. ${hint('CACHE_DIR')}`,
    ];
    expect(said(given)).toEqual(all);
    expect(said(given, false)).toEqual(all);
  });

  it('cannot be where not even root can make a folder, unless nothing is written', () => {
    const paths = { ...pathsIn({ OUT_DIR: 'out' }), build: '/proc/azl/build', cache: join(dir, 'cache') };
    expect(folderProblems(paths, { writes: true, checkout: dir, specsDirs: [] }).map(formatProblem)).toEqual([
      expect.stringMatching(/^BUILD_DIR is '\/proc\/azl\/build', which belongs to the operating system\./),
    ]);
    expect(folderProblems(paths, { writes: false, checkout: dir, specsDirs: [] })).toEqual([]);
  });

  it('are not in the place of the system, of folders of others, or of the specs', () => {
    symlinkSync('/etc', join(dir, 'link'));
    mkdirSync(join(dir, 'SPECS'));
    const reasons = (build: string) =>
      folderProblems(
        { ...pathsIn({ OUT_DIR: 'out', CACHE_DIR: 'cache' }), build },
        { writes: true, checkout: dir, specsDirs: [join(dir, 'SPECS')] },
      ).map(({ message }) => message.replace(/^BUILD_DIR is '.*?', which /, ''));
    const system = ['belongs to the operating system'];
    for (const path of ['/etc', '/etc/azl', '/usr', '/usr/lib/azl', '/dev', join(dir, 'link/azl')])
      expect(reasons(path), path).toEqual(system);
    for (const path of ['/', '/var', '/tmp/'])
      expect(reasons(path), path).toEqual(['holds folders of others']);
    const filled = ['is the folder of specs (SPECS_DIR): builds would fill it'];
    expect(reasons(join(dir, 'SPECS'))).toEqual(filled);
    expect(reasons(join(dir, 'SPECS/../SPECS/'))).toEqual(filled);
    for (const path of [join(dir, 'SPECS/build'), '/dev/shm/azl', '/tmp/azl'])
      expect(reasons(path)).toEqual([]);
  });

  it('have no problem of their own inside a folder with a problem', () => {
    writeFileSync(join(dir, 'file'), '');
    const found = said({ BUILD_DIR: 'file', CACHE_DIR: 'file/cache' });
    expect(found).toEqual([expect.stringMatching(/^BUILD_DIR is 'file'/)]);
    expect(said({ TOOLCHAIN_DIR: 'file' })).toEqual([expect.stringMatching(/^TOOLCHAIN_DIR is 'file'/)]);
  });

  it('that cannot be made are named with their variable', () => {
    writeFileSync(join(dir, 'file'), '');
    const make = () => makeFolders(pathsIn({ BUILD_DIR: 'build', OUT_DIR: 'file/x', CACHE_DIR: 'cache' }));
    expect(make).toThrow(ProblemsError);
    expect(make).toThrow(`OUT_DIR is '${dir}/file/x', which cannot be made (ENOTDIR). Name a folder`);
  });

  it('are marked if azl makes them or finds them empty, never if they have content', () => {
    mkdirSync(join(dir, 'empty'));
    mkdirSync(join(dir, 'mine'));
    writeFileSync(join(dir, 'mine/precious'), '');
    makeFolders(pathsIn({ BUILD_DIR: 'empty', OUT_DIR: 'mine', CACHE_DIR: 'empty/deep/cache' }));
    for (const own of ['empty', 'empty/deep/cache']) expect(isOwn(join(dir, own), '/azl'), own).toBe(true);
    expect(isOwn(join(dir, 'mine'), '/azl')).toBe(false);
    expect(readdirSync(join(dir, 'mine'))).toEqual(['precious']);
    expect(existsSync(join(dir, 'empty', marker))).toBe(true);
  });

  it.each([
    ['/azl/build', true],
    ['/azl/out/images', true],
    ['/azl', false],
    ['/azl/builds', false],
    ['/azl/src', false],
    ['/', false],
  ])('%s of the checkout /azl is its own: %o', (path, own) => {
    expect(isOwn(path, '/azl')).toBe(own);
  });

  it('are not foreign if this user made them', () => {
    const paths = pathsIn({ BUILD_DIR: 'build', OUT_DIR: 'out', CACHE_DIR: 'build/cache' });
    expect(foreignFolders(paths, dir)).toEqual([]);
    makeFolders(paths);
    mkdirSync(join(dir, 'build/logs'));
    expect(foreignFolders(paths, dir)).toEqual([]);
  });
});
