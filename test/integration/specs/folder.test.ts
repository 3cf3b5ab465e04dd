import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { type ParsedTrees, parsedTrees } from '../../support/parsed-trees.ts';
import { specText } from '../../support/trees.ts';

let trees: ParsedTrees;

beforeAll(async () => {
  trees = await parsedTrees();
});
afterAll(async () => await trees.remove());

/** The folder of the only package `a` of a tree, made before the tree is parsed. */
function folderOf(tree: string): string {
  const folder = join(trees.dir, tree, 'a');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Parses a tree with one package, and returns its version and the names of its includes. */
async function read(tree: string, spec: string, files: Record<string, string> = {}) {
  const beside = Object.entries(files).map(([path, text]) => [`a/${path}`, text]);
  const specs = await trees.parse(tree, { 'a/a.spec': spec, ...Object.fromEntries(beside) });
  const { version, includes, sources, packages } = specs.get('a') ?? {};
  return { version, includes: includes?.map(({ name }) => name), sources, packages };
}

const version = (text: string) => specText('a', '', '%files\n', text);

describe('what a spec reads while it is parsed', () => {
  it('is keyed by its path in the folder: a file in a subfolder brings a subpackage', async () => {
    const extra = '%package extra\nSummary: x\n%description extra\nx\n%files extra\n';
    const spec = specText('a', '', '%(cat %{_sourcedir}/sub/extra.inc)\n%files\n');
    const specs = await trees.parse('sub', { 'a/a.spec': spec, 'a/sub/extra.inc': extra });
    expect(specs.get('a')?.includes).toEqual([{ name: 'sub/extra.inc', digest: textDigest(extra) }]);
    expect(specs.get('a')?.packages.map(({ name }) => name)).toEqual(['a', 'a-extra']);
  });

  it.each([
    ['a pattern', 'glob', '%(cat *.ver)', { 'one.ver': '1.', 'two.ver': '2', 'README.md': 'x' }, '1.2', 2],
    ['a file that is there', 'there', '%(cat VERSION || echo 0)', { VERSION: '7' }, '7', 1],
    ['a file that is not there', 'absent', '%(cat VERSION 2>/dev/null || echo 0)', {}, '0', 0],
    ['an empty file', 'empty', '%(cat EMPTY && echo 3)', { EMPTY: '' }, '3', 1],
    ['a name with blanks', 'blank', "%(cat 'a b.ver')", { 'a b.ver': '4' }, '4', 1],
    ['a hidden file', 'hidden', '%(cat .ver)', { '.ver': '5' }, '5', 1],
    ['a name of a prototype', 'proto', '%(cat __proto__)', { ['__proto__']: '6' }, '6', 1],
  ])('is known, also for %s', async (_what, tree, text, files, value, count) => {
    const found = await read(tree, version(text), files);
    expect([found.version, found.includes?.length]).toEqual([value, count]);
  });

  it('is known to be executable where it is, as a Source and as an included file', async () => {
    const folder = folderOf('programs');
    mkdirSync(join(folder, 'sub'));
    for (const name of ['ver.sh', 'a.sh', 'sub/b.sh']) {
      writeFileSync(join(folder, name), '#!/bin/sh\necho 8\n');
      chmodSync(join(folder, name), 0o755);
    }
    const tags = 'Source0: a.sh\nSource1: b.sh\nSource2: c.sh';
    const text = specText('a', tags, '%files\n', '%(%{_sourcedir}/ver.sh)');
    const found = await read('programs', text, { 'c.sh': '' });
    expect(found.version).toBe('8');
    expect(found.includes).toEqual(['ver.sh']);
    const programs = found.sources?.map(({ name, executable }) => [name, executable]);
    expect(programs).toEqual([
      ['a.sh', true],
      ['b.sh', true],
      ['c.sh', undefined],
    ]);
  });

  it('may be a Source, which is keyed as one; its bytes are remembered', async () => {
    const text = '%more 9\n';
    const tags = 'Source1: more.inc\n%{load:%{SOURCE1}}\nProvides: more(%{more})';
    const found = await read('load-source', specText('a', tags), { 'more.inc': text });
    expect(found.packages?.[0]?.provides).toContain('more(9)');
    expect(found.includes).toEqual([]);
    expect(found.sources).toEqual([{ name: 'more.inc', kind: 'source', number: 1, read: textDigest(text) }]);
  });

  it('is a copy: nothing that it does there stays, or hides that it read', async () => {
    const hide = 'cat v; touch v w .. 2>/dev/null; touch -a -d @0 v; rm -f v; echo x 2>/dev/null >v';
    const spec = version(`%((${hide}) 2>/dev/null; cat v; ls /azl 2>/dev/null)`);
    expect(await read('hide', spec, { v: '1' })).toMatchObject({ version: '11', includes: ['v'] });
  });

  it('leaves nothing for the next spec', async () => {
    const leave =
      'for d in /tmp /var/tmp /dev/shm $HOME; do mkdir -p $d/x/y; echo 1 >$d/x/y/z; done 2>/dev/null';
    const look = 'cat /tmp/x/y/z /var/tmp/x/y/z /dev/shm/x/y/z $HOME/x/y/z 2>/dev/null | wc -c';
    const specs = await trees.parse(
      'leave',
      { 'a/a.spec': version(`1%(${leave})`), 'b/b.spec': specText('b', '', '%files\n', `%(${look})`) },
      { jobs: 1 },
    );
    expect(specs.get('b')?.version).toBe('0');
  });
});

describe('a Source in a subfolder', () => {
  const patch = '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n';
  const tags = 'Source0: x.tar\nSource1: conf/more.inc\nPatch1: fix.patch\n%{load:%{SOURCE1}}';

  it('is found by its base name, as a build has it', async () => {
    const spec = specText('a', `${tags}\nProvides: more(%{more})`, '%prep\n%patch -P 1 -p1\n%files\n');
    const files = { 'SOURCES/fix.patch': patch, 'conf/more.inc': '%more 9\n', 'conf/other': 'x' };
    const found = await read('below', spec, files);
    expect(found.packages?.[0]?.provides).toContain('more(9)');
    expect(found.includes).toEqual([]);
    expect(found.sources?.map(({ name, read: digest }) => [name, digest])).toEqual([
      ['x.tar', undefined],
      ['more.inc', textDigest('%more 9\n')],
      ['fix.patch', textDigest(patch)],
    ]);
  });

  it('gives way to that in fewer folders', async () => {
    const spec = specText('a', `${tags}\nProvides: more(%{more})`);
    const files = { 'conf/more.inc': '%more 1\n', 'conf/deep/more.inc': '%more 2\n', 'fix.patch': patch };
    expect((await read('fewer', spec, files)).packages?.[0]?.provides).toContain('more(1)');
    const beside = await read('fewer', spec, { ...files, 'more.inc': '%more 3\n' });
    expect(beside.packages?.[0]?.provides).toContain('more(3)');
  });

  it('is refused when it lies there twice, and is read', async () => {
    const files = { 'a/a.spec': specText('a', tags), 'a/one/more.inc': '', 'a/two/more.inc': '' };
    expect(await trees.problems('twice', files)).toEqual([
      expect.stringContaining('lies in this folder twice, as one/more.inc and two/more.inc'),
    ]);
  });

  it('is there alone: any other file of a subfolder has its path', async () => {
    const spec = specText('a', tags, '%files\n', '%(cat v 2>/dev/null || echo 0)');
    const files = { 'conf/more.inc': '', 'conf/v': '7', 'conf/w': '', 'fix.patch': patch };
    expect(await read('alone', spec, files)).toMatchObject({ version: '0', includes: [] });
  });
});

describe('names of Sources', () => {
  const names = [
    ...['later-9.tar.gz', 'a%2Bb.txt', '.hidden.conf', '__proto__', 'constructor'],
    ...['with blank.txt', '-rf', '100%.txt', 'x{y}', 'größe (1)\'"&;$x.txt'],
  ];
  it('are what rpm makes of them', async () => {
    const written = ['%{later}.tar.gz', 'a%%2Bb.txt', ...names.slice(2, 7), '100%%.txt', ...names.slice(8)];
    const tags = [...written.map((name, index) => `Source${index}: ${name}`), '%global later later-9'];
    const found = await read('names', specText('a', tags.join('\n')));
    expect(found.sources?.map(({ name }) => name)).toEqual(names);
    const url = 'Source0: https://example.org/%{later}/v1.tgz#/%{later}-r.tgz\n%global later L';
    expect((await read('names-url', specText('a', url))).sources).toEqual([
      { name: 'L-r.tgz', url: 'https://example.org/L/v1.tgz', kind: 'source', number: 0 },
    ]);
  });
});

describe('what a build would not have', () => {
  it.each([
    ['outside', version('%(cat ../common/REL)'), "'../common/REL', which lies outside of its folder"],
    ['otherwise', version('%(cat ../common/REL || echo 0)'), "'../common/REL', which lies outside"],
    ['include', specText('a', '%include ../common/REL'), "'../common/REL', which lies outside"],
    ['exists', version('%([ -e notes.txt ] && echo 1 || echo 2)'), 'reads otherwise without "notes.txt"'],
    ['macro', version('%{exists:%{_sourcedir}/notes.txt}'), 'reads otherwise without "notes.txt"'],
    [
      'lua',
      version('%{lua:print(posix.stat("notes.txt") and 1 or 2)}'),
      'reads otherwise without "notes.txt"',
    ],
    ['list', version('%{lua:print(#posix.dir("."))}'), 'reads otherwise without'],
    [
      'search',
      version('%{lua:print(package.searchpath("x", rpm.expand("%{_sourcedir}/notes.txt")) and 1 or 2)}'),
      'reads otherwise without "notes.txt"',
    ],
    [
      'load',
      specText(
        'a',
        'Source0: %{nil}far.tar.gz',
        '%files\n',
        '%{lua:print(pcall(rpm.expand, "%{load:%{_sourcedir}/far.tar.gz}") and 1 or 2)}',
      ),
      'far.tar.gz',
    ],
    ['folder', version('%([ -d void ] && echo 1 || echo 2)'), 'reads otherwise without "void/x"'],
    ['remote', version('%(cat %{_sourcedir}/far.tar.gz; echo 1)'), 'opens "far.tar.gz", which does not lie'],
    ['large', version('%(head -c 1 large; echo 1)'), 'opens "large", which is too large for that (64 MiB)'],
    ['link-out', version('%(cat out; echo 1)'), 'opens "out", which is a symbolic link that leads out'],
    ['pipe', version('%(cat pipe; echo 1)'), 'opens "pipe", which is no regular file'],
  ])('is refused at the plan: %s', async (tree, spec, said) => {
    const folder = folderOf(tree);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('/etc/passwd', join(folder, 'out'));
    writeFileSync(join(folder, 'large'), '');
    truncateSync(join(folder, 'large'), 64 << 20);
    const files = {
      ...{ 'a/a.spec': spec, 'a/notes.txt': 'x', 'a/void/x': '', 'common/REL': '3' },
      'a/a.signatures.json': JSON.stringify({ Signatures: { 'far.tar.gz': '0'.repeat(64) } }),
    };
    expect(await trees.problems(tree, files)).toEqual([
      expect.stringMatching(new RegExp(`^${tree}/a/a\\.spec: .*${said.replace(/[.()]/g, '\\$&')}`)),
    ]);
  });

  it('does no harm when nothing looks at it', async () => {
    const folder = folderOf('odd');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    execFileSync('mknod', [join(folder, 'null'), 'c', '1', '3']);
    symlinkSync('.', join(folder, 'loop'));
    symlinkSync('twins', join(folder, 'twins'));
    symlinkSync('nowhere', join(folder, 'broken'));
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), 'x');
    expect(await read('odd', version('8'), { 'README.md': 'x' })).toMatchObject({
      version: '8',
      includes: [],
    });
  });

  it('is a link, but one inside of the tree is the file that it leads to', async () => {
    const folder = folderOf('links');
    symlinkSync('real.ver', join(folder, 'near.ver'));
    symlinkSync('../b/far.ver', join(folder, 'far.ver'));
    symlinkSync('real', join(folder, 'dir'));
    const spec = version('%(cat near.ver far.ver dir/in.ver)');
    const specs = await trees.parse('links', {
      ...{ 'a/a.spec': spec, 'a/real.ver': '1.', 'a/real/in.ver': '3' },
      ...{ 'b/far.ver': '2.', 'b/b.spec': specText('b') },
    });
    expect(specs.get('a')?.version).toBe('1.2.3');
    expect(specs.get('a')?.includes).toEqual([
      { name: 'dir/in.ver', digest: textDigest('3') },
      { name: 'far.ver', digest: textDigest('2.') },
      { name: 'near.ver', digest: textDigest('1.') },
    ]);
  });

  it('is more than a folder of a spec may hold', async () => {
    const many = folderOf('many');
    execFileSync('sh', ['-c', 'seq 10001 | sed s/^/f/ | xargs touch'], { cwd: many });
    expect(await trees.problems('many', { 'a/a.spec': specText('a') })).toEqual([
      expect.stringContaining('the folder of this spec holds more than 10000 files'),
    ]);
    const deep = Array.from({ length: 20 }, () => 'd').join('/');
    expect(await trees.problems('deep', { 'a/a.spec': specText('a'), [`a/${deep}/x`]: '' })).toEqual([
      expect.stringContaining('the folder of this spec holds more than 16 folders in one another'),
    ]);
  });

  it('is the folders beside a spec at the top of the tree', async () => {
    const specs = await trees.parse('top', {
      'a.spec': version('%(cat VERSION; ls -d b 2>/dev/null)'),
      ...{ VERSION: '4', 'b/b.spec': specText('b') },
    });
    expect(specs.get('a')?.version).toBe('4');
  });
});
