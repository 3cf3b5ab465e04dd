import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { copyNamedFile } from '../../../src/shared/image/config/named-file-reader.ts';
import { readImageConfig } from '../../../src/shared/image/config/read.ts';
import { smallConfig } from '../../support/small-image.ts';

let dir: string;
let configFile: string;
const system = '$.SystemConfigs[0]';
const remedy = 'Put the file there, or name its folder in config-extra-dirs (CONFIG_EXTRA_DIRS).';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'azl-named-'));
  configFile = join(dir, 'base/c.json');
  for (const folder of ['base/inner', 'base-beside', 'extra/deep'])
    mkdirSync(join(dir, folder), { recursive: true });
  for (const file of ['base/file', 'base/inner/file', 'base-beside/file', 'extra/deep/file', 'secret'])
    writeFileSync(join(dir, file), `of ${file}\n`);
  symlinkSync('inner/file', join(dir, 'base/within'));
  symlinkSync('../secret', join(dir, 'base/out'));
  symlinkSync('../extra', join(dir, 'base/folder'));
  symlinkSync('nowhere', join(dir, 'base/dangling'));
  symlinkSync('loop', join(dir, 'base/loop'));
  symlinkSync('/dev/zero', join(dir, 'base/zero'));
  execFileSync('mkfifo', [join(dir, 'base/fifo')]);
  writeFileSync(join(dir, 'base/huge'), '');
  truncateSync(join(dir, 'base/huge'), 17 * 1024 * 1024);
});
afterAll(() => rmSync(dir, { recursive: true }));

async function read(more: Record<string, unknown>, configExtraDirs: string[] = []) {
  writeFileSync(configFile, smallConfig(more));
  return (await readImageConfig({ configFile, configExtraDirs, log: recordingLog() })).named;
}

async function problemsOf(work: Promise<unknown>): Promise<string[]> {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProblemsError);
  return (error as ProblemsError).problems.map(formatProblem);
}

const bootEntry = (text: string) => {
  writeFileSync(join(dir, 'base/own.cfg'), text);
  return read({ AdditionalFiles: { 'own.cfg': '/boot/grub2/grub.cfg' } });
};

const additional = (name: string) => ({ AdditionalFiles: { [name]: '/etc/x' } });

describe('a file that a config names', () => {
  it.each([
    ['in its folder', 'file', 'base/file'],
    ['deeper', 'inner/file', 'base/inner/file'],
    ['through a link that stays there', 'within', 'base/inner/file'],
    ['through .. that stays there', 'inner/../file', 'base/file'],
  ])('is found %s', async (_where, name, path) => {
    const [found] = (await read(additional(name))).additional;
    expect(found).toMatchObject({ name, path: join(dir, path), executable: false });
    expect(found?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is found in a further folder, also through a link or by its whole path', async () => {
    for (const name of ['../extra/deep/file', 'folder/deep/file', join(dir, 'extra/deep/file')]) {
      const { additional: found } = await read(additional(name), [join(dir, 'extra')]);
      expect(found).toMatchObject([{ name, path: join(dir, 'extra/deep/file') }]);
    }
  });

  it.each([
    ['../secret', 'lies outside of'],
    ['/etc/shadow', 'lies outside of'],
    ['../base-beside/file', 'lies outside of'],
    ['.', 'lies outside of'],
    ['out', 'is a link that leads out of'],
    ['folder/deep/file', 'is a link that leads out of'],
    ['zero', 'is a link that leads out of'],
  ])('is refused elsewhere: %s', async (name, how) => {
    const at = name.includes('/') || name === '.' ? `["${name}"]` : `.${name}`;
    expect(await problemsOf(read(additional(name)))).toEqual([
      `${configFile} ${system}.AdditionalFiles${at}: '${name}' ${how} '${join(dir, 'base')}'. ${remedy}`,
    ]);
  });

  it.each([
    ['fifo', 'is no regular file'],
    ['inner', 'is no regular file'],
    ['dangling', 'does not exist'],
    ['loop', /ELOOP/],
  ])('is refused, and nothing waits, when it is of another kind: %s', async (name, why) => {
    const [problem] = await problemsOf(read(additional(name)));
    expect(problem).toContain(`AdditionalFiles.${name}: '${name}' `);
    expect(problem).toMatch(why);
  });

  it('is refused in every place of a config at once', async () => {
    const problems = await problemsOf(
      read({
        ...{ PackageLists: ['out', 'huge', 'fifo'], AdditionalFiles: { out: '/etc/x' } },
        ...{ PostInstallScripts: [{ Path: '/bin/true' }], FinalizeImageScripts: [{ Path: '../secret' }] },
        Users: [{ Name: 'ann', SSHPubKeyPaths: ['out', 'fifo'] }],
      }),
    );
    expect(
      problems.map((one) => one.replace(`${configFile} ${system}.`, '').replace(/ (?:'|is).*/, '')),
    ).toEqual([
      ...['PackageLists[0]:', 'PackageLists[1]:', 'PackageLists[2]:', 'AdditionalFiles.out:'],
      ...['PostInstallScripts[0].Path:', 'FinalizeImageScripts[0].Path:'],
      ...['Users[0].SSHPubKeyPaths[0]:', 'Users[0].SSHPubKeyPaths[1]:'],
    ]);
    expect(problems[1]).toContain("'huge' is larger than 16 MiB");
  });
});

describe('the copy of a named file', () => {
  it('has what its key says', async () => {
    const [file] = (await read(additional('file'))).additional;
    await copyNamedFile(file as NonNullable<typeof file>, join(dir, 'copy'), configFile);
    expect(await readFile(join(dir, 'copy'), 'utf8')).toBe('of base/file\n');
  });

  it.each([
    ['other content', () => writeFileSync(join(dir, 'base/moved'), 'other')],
    ['a link', () => symlinkSync('../secret', join(dir, 'base/moved'))],
    ['a FIFO', () => execFileSync('mkfifo', [join(dir, 'base/moved')])],
    ['nothing', () => {}],
  ])('is refused when %s took its place', async (what, change) => {
    writeFileSync(join(dir, 'base/moved'), 'first');
    const [file] = (await read(additional('moved'))).additional;
    rmSync(join(dir, 'base/moved'));
    change();
    const copy = copyNamedFile(file as NonNullable<typeof file>, join(dir, `copy of ${what}`), configFile);
    expect(await problemsOf(copy)).toEqual([
      `${configFile}: 'moved' changed while the image was made. Run the same command again.`,
    ]);
    rmSync(join(dir, 'base/moved'), { force: true });
  });
});

describe('a boot loader config of one’s own', () => {
  it.each([
    'menuentry x {\n  linux /k\n}\n',
    '  linux /boot/k root=/dev/vda2\n',
    'set x=1\nblscfg',
    'source /boot/grub2/more.cfg',
    '. /boot/grub2/more.cfg',
  ])('is taken with %j', async (text) => {
    expect((await bootEntry(text)).additional).toHaveLength(1);
  });

  it.each([
    '',
    'set timeout=0\n# menuentry x {\necho linux\n',
    'linuxes /k',
    '.x',
  ])('is refused with %j, which starts nothing', async (text) => {
    expect(await problemsOf(bootEntry(text))).toEqual([
      `${configFile} ${system}.AdditionalFiles["own.cfg"]: 'own.cfg' takes the place of /boot/grub2/grub.cfg and has no boot loader entry. Add a menuentry, or leave the file out: azl writes one that starts the kernel.`,
    ]);
  });

  it('that does not exist is one problem', async () => {
    const work = read({ AdditionalFiles: { missing: '/boot/grub2/grub.cfg' } });
    expect(await problemsOf(work)).toHaveLength(1);
  });
});
