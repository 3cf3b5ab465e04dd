import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import { newWorkspace } from '../../support/workspace.ts';

const script = new URL('../../../src/shared/toolchain/convert/ocaml-files.py', import.meta.url).pathname;

const installed = [
  ...['a/META', 'a/a.cma', 'a/a.cmi', 'a/a.cmxs', 'a/a.cmxa', 'a/a.mli', 'a/opam', 'a/a_top_init.ml'],
  ...['a/sub/x.mli', 'b/META', 'stublibs/dlla_stubs.so', 'stublibs/dllb_stubs.so'],
].map((path) => `usr/lib/ocaml/${path}`);
const others = ['usr/bin/tool', 'usr/share/man/man1/tool.1', 'usr/share/doc/a/README'];

/** Lists what a package installed, as `%ocaml_files` does. Returns the lists by name. */
async function listsOf(...options: string[]): Promise<Record<string, string[]>> {
  const dir = newWorkspace();
  for (const path of [...installed, ...others]) {
    await mkdir(dirname(join(dir, 'root', path)), { recursive: true });
    await writeFile(join(dir, 'root', path), '');
  }
  const cwd = join(dir, 'build');
  await mkdir(cwd);
  await writeFile(
    join(cwd, 'a.install'),
    'bin: [\n  "_build/tool" {"tool"}\n]\nstublibs: [ "dlla_stubs.so" ]\n',
  );
  await writeFile(join(cwd, 'b.install'), 'stublibs: [ "dllb_stubs.so" ]\n');
  await runTool(['python3', '-IB', script, ...options, join(dir, 'root'), '/usr/lib/ocaml'], { cwd });
  const names = (await readdir(cwd)).filter((name) => name.startsWith('.ofiles')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(cwd, name), 'utf8')));
  return Object.fromEntries(names.map((name, at) => [name, texts[at]?.split('\n').filter(Boolean) ?? []]));
}

const ofA = ['%dir /usr/lib/ocaml/a', '%dir /usr/share/doc/a'];
const devel = [
  '%dir /usr/lib/ocaml/a/sub',
  ...['a.cmxa', 'a.mli', 'opam', 'sub/x.mli'].map((one) => `/usr/lib/ocaml/a/${one}`),
];

it('parts what programs need from what only builds need', async () => {
  const lists = await listsOf();
  expect(Object.keys(lists)).toEqual(['.ofiles', '.ofiles-devel']);
  expect(lists['.ofiles-devel']).toEqual(devel);
  expect(lists['.ofiles']).toEqual(
    expect.arrayContaining([...ofA, '%dir /usr/lib/ocaml/b', '/usr/bin/tool']),
  );
  expect(lists['.ofiles']).toContain('/usr/share/man/man1/tool.1*');
  expect(lists['.ofiles']).toContain('/usr/lib/ocaml/a/a_top_init.ml');
  const files = Object.values(lists)
    .flat()
    .filter((line) => !line.startsWith('%dir'));
  expect(files).toHaveLength(installed.length + others.length);
});

it('has all in one list with -n', async () => {
  const lists = await listsOf('-n');
  expect(lists['.ofiles-devel']).toEqual([]);
  expect(lists['.ofiles']).toEqual(expect.arrayContaining(devel));
});

it('has a pair of lists for each package with -s, with its programs and stubs', async () => {
  const lists = await listsOf('-s');
  expect(lists['.ofiles-a-devel']).toEqual(devel);
  expect(lists['.ofiles-a']).toEqual(
    expect.arrayContaining([
      '/usr/bin/tool',
      '/usr/lib/ocaml/stublibs/dlla_stubs.so',
      '%dir /usr/lib/ocaml/a',
    ]),
  );
  expect(lists['.ofiles-b']).toEqual([
    '%dir /usr/lib/ocaml/b',
    '/usr/lib/ocaml/b/META',
    '/usr/lib/ocaml/stublibs/dllb_stubs.so',
  ]);
});
