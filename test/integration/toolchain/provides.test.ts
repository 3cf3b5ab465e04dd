import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import { newWorkspace } from '../../support/workspace.ts';

const program = `import json, os, sys
sys.path.insert(0, sys.argv[1])
import convert, provides
class Tree:
    files = dict.fromkeys(json.loads(sys.argv[3]), (0o644, 0))
    def at(self, path):
        return os.path.join(sys.argv[2], path)
print(json.dumps(sorted(provides.provided_by(Tree()))))
print(json.dumps(sorted(provides.elf_dependencies(Tree())[0])))
print(json.dumps(dict(convert.alternatives(sys.argv[4]))))
print(json.dumps(dict(convert.expected_links(Tree()))))`;

const scripts = new URL('../../../src/shared/toolchain/convert', import.meta.url).pathname;

/** Asks what files provide, and which links a script of their package asks for. */
async function facts(files: Record<string, string | Buffer>, script = '') {
  const dir = newWorkspace();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
  const argv = ['python3', '-IBc', program, scripts, dir, JSON.stringify(Object.keys(files)), script];
  const [provides, elves, links, expected] = (await runTool(argv)).stdout
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one));
  return { provides, elves, links, expected };
}

it.each([
  ['usr/lib/x86_64-linux-gnu/pkgconfig/a.pc', `v=1.2\nVersion: \${v}\n`, ['pkgconfig(a) = 1.2']],
  ['usr/lib/pkgconfig/b.pc', 'Version: not a version\n', ['pkgconfig(b)']],
  ['usr/lib/cmake/Foo/FooConfig.cmake', '', ['cmake(Foo)', 'cmake(foo)']],
  [
    'usr/share/perl5/A/B_c.pm',
    "package A::B_c;\nour $VERSION = '1.5_1';",
    ['perl(A::B_c) = 1.51', 'perl-A-B_c = 1.51'],
  ],
  ['usr/share/perl/5.36/N.pm', 'package N 2.01;', ['perl(N) = 2.01', 'perl-N = 2.01']],
  [
    'usr/lib/aarch64-linux-gnu/perl/5.36/D.pm',
    "use vars;\n$VERSION = version->declare('v0.77.1');",
    ['perl(D) = 0.77.1', 'perl-D = 0.77.1'],
  ],
  ['usr/share/perl5/C.pm', 'if ($VERSION == 3) { }', ['perl(C)', 'perl-C']],
  [
    'usr/share/perl5/R.pm',
    'our $VERSION = sprintf "%d.%02d", q$Revision: 3.19 $ =~ /(\\d+)/g;',
    ['perl(R) = 3.19', 'perl-R = 3.19'],
  ],
  [
    'usr/share/rubygems-integration/all/specifications/a-b-1.2.gemspec',
    '',
    ['rubygem(a-b) = 1.2', 'rubygem-a-b = 1.2'],
  ],
  ['usr/bin/ruby3.1', '', ['/bin/ruby3.1', 'ruby(release) = 3.1']],
])('%s provides its capabilities', async (path, content, expected) => {
  expect((await facts({ [path]: content })).provides).toEqual(expected);
});

/** A shared library of x86_64 with a soname, whose table of dynamic entries says that each has `entryBytes`. */
function library(soname: string, entryBytes: number): Buffer {
  const strings = Buffer.from(`\0${soname}\0`.padEnd(32, '\0'));
  const dynamic = Buffer.alloc(32);
  dynamic.writeBigUInt64LE(14n, 0);
  dynamic.writeBigUInt64LE(1n, 8);
  const section = (type: number, offset: number, size: number, link: number, bytes: number) => {
    const header = Buffer.alloc(64);
    header.writeUInt32LE(type, 4);
    header.writeBigUInt64LE(BigInt(offset), 24);
    header.writeBigUInt64LE(BigInt(size), 32);
    header.writeUInt32LE(link, 40);
    header.writeBigUInt64LE(BigInt(bytes), 56);
    return header;
  };
  const head = Buffer.alloc(64);
  head.write('7f454c46020101', 'hex');
  head.writeUInt16LE(3, 16);
  head.writeUInt16LE(62, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(128n, 40);
  for (const [at, value] of Object.entries({ 52: 64, 58: 64, 60: 3 })) head.writeUInt16LE(value, Number(at));
  return Buffer.concat([
    ...[head, strings, dynamic, Buffer.alloc(64)],
    ...[section(6, 96, 32, 2, entryBytes), section(3, 64, 32, 0, 0)],
  ]);
}

it('reads what libraries provide, and nothing of one of which the reader of rpm dies', async () => {
  const files = Object.fromEntries(
    ['a', 'bad', 'c'].map((name) => [
      `usr/lib/${name}.so`,
      library(`lib${name}.so.1`, name === 'bad' ? 0 : 16),
    ]),
  );
  expect((await facts(files)).elves).toEqual(['liba.so.1()(64bit)', 'libc.so.1()(64bit)']);
});

it('reads the version of a CMake package beside it', async () => {
  const version = 'set(PACKAGE_VERSION "3.4")';
  const files = {
    'usr/share/cmake/bar/bar-config.cmake': '',
    'usr/share/cmake/bar/bar-config-version.cmake': version,
  };
  expect((await facts(files)).provides).toEqual(['cmake(bar) = 3.4']);
});

it('reads the digests of OCaml units, and no bytes of other files', async () => {
  const header = (length: number) =>
    Buffer.concat([Buffer.from('8495a6be', 'hex'), Buffer.from([0, 0, 0, length]), Buffer.alloc(12)]);
  const digest = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const cell = Buffer.concat([
    Buffer.from([0xa0, 0xa0, 0x23]),
    Buffer.from('Foo'),
    Buffer.from([0x90, 0x30]),
    digest,
  ]);
  const record = Buffer.concat([Buffer.from([0x80, 0x23]), Buffer.from('Foo')]);
  const files = {
    'usr/lib/ocaml/foo.cmi': Buffer.concat([
      Buffer.from('Caml1999I030'),
      header(2),
      Buffer.alloc(2),
      header(cell.length),
      cell,
    ]),
    'usr/lib/ocaml/foo.cmx': Buffer.concat([
      Buffer.from('Caml1999Y030'),
      header(record.length),
      record,
      digest,
    ]),
    'usr/lib/ocaml/bar.cmx': 'no code',
  };
  expect((await facts(files)).provides).toEqual([
    `ocaml(Foo) = ${digest.toString('hex')}`,
    `ocamlx(Foo) = ${digest.toString('hex')}`,
  ]);
});

it('finds the links of alternatives in a script, and those of a Java, of libraries and of Tcl', async () => {
  const script = `ver=1.16
if x; then update-alternatives --install /usr/bin/automake automake \\
  /usr/bin/automake-$ver 26 --slave /usr/bin/aclocal aclocal /usr/bin/aclocal-\${ver}
fi
update-alternatives --install /usr/bin/$i $i $base/bin/$i 5
update-alternatives --install /usr/bin/../x x /usr/bin/y 5`;
  const library = 'usr/lib/x86_64-linux-gnu/libz';
  const files = {
    ...{ 'usr/lib/jvm/java-17/bin/javac': '', [`${library}.so`]: '', [`${library}.a`]: '' },
    ...{ [`${library}.so.1`]: '', [`${library}/libx.so`]: '', 'usr/lib/liby.so': '' },
    ...{ 'usr/lib/tcl8.6/tclConfig.sh': '', 'usr/lib/x86_64-linux-gnu/tcl8.6/tclConfig.sh': '' },
  };
  const { links, expected } = await facts(files, script);
  expect(links).toEqual({
    'usr/bin/automake': '/usr/bin/automake-1.16',
    'usr/bin/aclocal': '/usr/bin/aclocal-1.16',
  });
  expect(expected).toEqual({
    'usr/bin/javac': '/usr/lib/jvm/java-17/bin/javac',
    'usr/lib/libz.so': `/${library}.so`,
    'usr/lib/libz.a': `/${library}.a`,
    'usr/lib/tclConfig.sh': '/usr/lib/tcl8.6/tclConfig.sh',
  });
});
