import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { manifestText, parseManifest } from '../../../src/shared/toolchain/manifest/parse-manifest.ts';
import { readManifests } from '../../../src/shared/toolchain/manifest/read-manifests.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();
const digest = (letter: string) => letter.repeat(64);

/** What is wrong with a manifest, as people read it; nothing if it is sound. */
function wrongWith(text: string): string[] {
  try {
    parseManifest(text, 'm.txt', 'x86_64');
    return [];
  } catch (error) {
    return (error as ProblemsError).problems.map(formatProblem);
  }
}

describe('a manifest', () => {
  it('is a file name a line, with a digest or without', () => {
    const text = `\uFEFF# toolchain\r\nacl-2.3.1-2.azl3.x86_64.rpm\r\n\n${digest('A')}  gcc-c++-13.2.0-7.azl3.x86_64.rpm\n${digest('b')} *asciidoc-10.2.0-3.azl3.noarch.rpm`;
    expect(parseManifest(text, 'm.txt', 'x86_64')).toEqual([
      { file: 'acl-2.3.1-2.azl3.x86_64.rpm', sha256: undefined, line: 2 },
      { file: 'gcc-c++-13.2.0-7.azl3.x86_64.rpm', sha256: digest('a'), line: 4 },
      { file: 'asciidoc-10.2.0-3.azl3.noarch.rpm', sha256: digest('b'), line: 5 },
    ]);
  });

  it.each([
    [
      '../a-1-1.x86_64.rpm',
      /^m\.txt:1: "\.\.\/a-1-1\.x86_64\.rpm" is not the name of an RPM file\. Each line/,
    ],
    ['/etc/a-1-1.x86_64.rpm', /is not the name of an RPM file/],
    ['a-1-1.x86_64.rpm/..', /is not the name of an RPM file/],
    ['..rpm', /is not the name of an RPM file/],
    ['a-1.x86_64.rpm', /is not the name of an RPM file/],
    ['-a-1-1.x86_64.rpm', /is not the name of an RPM file/],
    ['a%2f-1-1.x86_64.rpm', /is not the name of an RPM file/],
    [`${'a'.repeat(250)}-1-1.x86_64.rpm`, /^m\.txt:1: "a{100}…" is not the name of an RPM file/],
    ['a-1-1.x86_64.rpm b-1-1.x86_64.rpm', /^m\.txt:1: "a-1-1\.x86_64\.rpm" is no SHA-256\. Each line/],
    ['abc  a-1-1.x86_64.rpm', /"abc" is no SHA-256/],
    ['a-1-1.src.rpm', /^m\.txt:1: a-1-1\.src\.rpm is a source RPM$/],
    ['a-1-1.aarch64.rpm', /^m\.txt:1: a-1-1\.aarch64\.rpm is for aarch64, and this machine is x86_64$/],
    ['a-1-1.noarch.rpm\n\na-1-1.noarch.rpm', /^m\.txt:3: a-1-1\.noarch\.rpm is in line 1, too$/],
    [
      'a-1-1.noarch.rpm\na-2-1.x86_64.rpm',
      /^m\.txt:2: a-2-1\.x86_64\.rpm is in line 1, too as a-1-1\.noarch\.rpm$/,
    ],
    ['', /^m\.txt: It lists no RPM\. Each line/],
    ['# nothing\n', /It lists no RPM/],
    [
      Array.from({ length: 5001 }, (_, index) => `a${index}-1-1.noarch.rpm`).join('\n'),
      /^m\.txt: It lists 5001 RPMs, of at most 5000$/,
    ],
  ])('%j is refused', (text, expected) => {
    expect(wrongWith(text)).toEqual([expect.stringMatching(expected)]);
  });

  it('has all of its errors said at once', () => {
    expect(wrongWith('a\nb-1-1.noarch.rpm\nc-1-1.src.rpm\nb-1-1.noarch.rpm')).toHaveLength(3);
  });

  it('is written as it is read', () => {
    const digests = new Map([
      ['b-1-1.noarch.rpm', digest('2')],
      ['a-1-1.noarch.rpm', digest('1')],
    ]);
    const read = parseManifest(manifestText(digests), 'm.txt', 'x86_64');
    expect(new Map(read.map(({ file, sha256 }) => [file, sha256]))).toEqual(digests);
    expect(read[0]?.file).toBe('a-1-1.noarch.rpm');
  });
});

describe('a manifest and its lock', () => {
  const open = async (toolchain: string, worker = '', lock = '') => {
    const dir = temporary();
    const path = (name: string, text: string) => {
      writeFileSync(join(dir, name), text);
      return join(dir, name);
    };
    const source = {
      toolchainManifest: path('toolchain.txt', toolchain),
      workerManifest: worker === '' ? '' : path('worker.txt', worker),
    };
    try {
      return await readManifests(
        source,
        lock === '' ? join(dir, 'absent') : path('toolchain.lock', lock),
        'x86_64',
      );
    } catch (error) {
      if (error instanceof ProblemsError) return error.message.replaceAll(`${dir}/`, '');
      throw error;
    }
  };
  const a = 'a-1-1.noarch.rpm';

  it('have the digests of both', async () => {
    const lock = `${digest('1')}  ${a}\n${digest('9')}  gone-1-1.noarch.rpm\n`;
    expect(await open(`${a}\nb-1-1.noarch.rpm\n`, `${a}\n`, lock)).toEqual({
      rpms: [
        { file: a, sha256: digest('1'), line: 1 },
        { file: 'b-1-1.noarch.rpm', sha256: undefined, line: 2 },
      ],
      worker: [a],
    });
    expect(await open(`${digest('1')}  ${a}`, '', lock)).toMatchObject({ worker: undefined });
  });

  it.each([
    [
      'other digests: both are shown',
      [`${digest('1')}  ${a}`, '', `${digest('2')}  ${a}`],
      new RegExp(
        `^toolchain.txt:1: ${a} has the SHA-256 1{64} here, and 2{64} in toolchain.lock\\. .*UPDATE_LOCK=1`,
      ),
    ],
    [
      'an RPM of the worker that is not there',
      [a, 'b-1-1.noarch.rpm'],
      /^worker.txt:1: b-1-1.noarch.rpm is not in toolchain.txt$/,
    ],
    [
      'a lock without digests',
      [a, '', a],
      /^toolchain.lock:1: a-1-1.noarch.rpm has no SHA-256\. .*UPDATE_LOCK=1/,
    ],
    ['a lock that is none', [a, '', '{"schema": 1}'], /^toolchain.lock:1: .*UPDATE_LOCK=1/],
    ['errors in both', ['x', 'y'], /^toolchain.txt:1: "x" .*\nworker.txt:1: "y" /],
  ] as const)('do not agree: %s', async (_, [toolchain, worker = '', lock = ''], expected) => {
    expect(await open(toolchain, worker, lock)).toMatch(expected);
  });

  it('may not be there', async () => {
    const source = { toolchainManifest: '/nowhere/m.txt', workerManifest: '' };
    await expect(readManifests(source, undefined, 'x86_64')).rejects.toThrow(
      '/nowhere/m.txt: The manifest of the toolchain cannot be read (no such file)',
    );
  });
});

it('reads this file as no manifest', () => {
  expect(wrongWith(readFileSync(import.meta.filename, 'utf8')).length).toBeGreaterThan(50);
});
