import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StandsStill, Terminal } from '../support/terminal.ts';
import { tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';

const azl = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
let top: string;
let dir: string;
let terminal: Terminal;

beforeEach(async () => {
  top = newWorkspace();
  // A name that a shell must quote.
  dir = join(top, "somebody's distro");
  mkdirSync(dir);
  // The toolchain of this checkout is there.
  terminal = new Terminal(dir, { CACHE_DIR: dirname((await testWorker()).dir) });
});
afterEach(async () => {
  await terminal.close();
  const left = leftBehind(dir);
  await removeWorkspace(top);
  expect(left).toEqual([]);
});

/** The commands that a message offers, in the order of the screen. */
const nextCommands = (screen: string) =>
  [...(/^Next:\n((?: {2}.+\n)+)/m.exec(screen)?.[1]?.matchAll(/^ {2}(.+)$/gm) ?? [])].map(
    ([, one]) => one as string,
  );
/** The command for a target that the screen shows. */
const offered = (screen: string, target: string) => {
  const found = new RegExp(`(make -\\S .+? ${target}\\b[^\\n]*?)(?: {2,}|\\.?$|\\n)`, 'm').exec(screen);
  if (found === null) throw new Error(`nothing offers ${target}:\n${screen}`);
  return found[1] as string;
};
const edit = (path: string, from: string, to: string) => {
  const text = readFileSync(join(dir, path), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(dir, path), text.replace(from, to));
};
/** Boots and logs in, as a person does: one who sees that nothing moves any more leaves the emulator, and starts again. */
async function logIn(run: string, password: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    terminal.start(run);
    try {
      await terminal.shows(/login: /);
      terminal.type('root');
      await terminal.shows(/Password: /);
      terminal.type(password);
      await terminal.shows(/# /);
      return;
    } catch (error) {
      if (!(error instanceof StandsStill) || attempt === 2) throw error;
      console.warn(`boot ${attempt}: ${error.message}`);
      terminal.type('\x01x');
      await terminal.finish();
    }
  }
}

describe('the first minutes, with nothing but what the screen shows', () => {
  it('lead from an empty folder to a booted image with an edited package, over two mistakes', async () => {
    const init = await terminal.run(`make -f ${relative(dir, azl)}/Makefile init`);
    expect(init.code, init.screen).toBe(0);
    const [image, run] = nextCommands(init.screen) as [string, string];
    const [, password = ''] = /The password is (\S+):/.exec(init.screen) ?? [];

    // The source is not what its signature says: the screen has the command that writes it anew.
    edit('SPECS/hello/hello.c', 'of your own', 'of the first minutes');
    const differs = await terminal.run(image);
    expect(differs.code, differs.screen).toBe(2);
    const signed = await terminal.run(offered(differs.screen, 'signatures'));
    expect(signed.code, signed.screen).toBe(0);

    // The build fails: the screen has the command that opens its root.
    edit('SPECS/hello/hello.spec', '%build\n', '%build\necho the reason; exit 3\n');
    const failed = await terminal.run(image);
    expect(failed.code, failed.screen).toBe(2);
    expect(failed.screen).toContain('✗ hello: %build failed');
    terminal.start(offered(failed.screen, 'shell'));
    await terminal.shows(/To leave, run `exit`/);
    terminal.type('ls SOURCES; exit 0');
    const shell = await terminal.finish();
    expect(shell.screen).toContain('hello.c');
    edit('SPECS/hello/hello.spec', 'echo the reason; exit 3\n', '');

    const made = await terminal.run(image);
    expect(made.code, made.screen).toBe(0);
    expect(made.screen).toMatch(/^image: made, \d+ packages, 1 of them built here; boot test passed/m);

    await logIn(run, password);
    terminal.type('hello');
    await terminal.shows(/Hello from a package of the first minutes\./);
    terminal.type('poweroff');
    const off = await terminal.finish();
    expect(off.code, off.screen).toBe(0);
    expect((await terminal.run('pwd')).screen).toContain(dir);
  });

  it('fit a folder that holds specs, without signatures, at its top', async () => {
    const { 'tiny-macros': macros, delta } = tinyPackages();
    await writeTree(dir, {
      'tiny-macros': macros,
      delta: { ...delta, spec: delta?.spec.replace(/^Requires:.*$/m, '') },
    } as never);
    for (const name of ['tiny-macros', 'delta']) rmSync(join(dir, name, `${name}.signatures.json`));
    const init = await terminal.run(`make -C ${relative(dir, azl)} init`);
    expect(init.code, init.screen).toBe(0);
    const [signatures, image] = nextCommands(init.screen) as [string, string];
    const signed = await terminal.run(signatures);
    expect(signed.code, signed.screen).toBe(0);
    const plan = await terminal.run(image.replace(/ image\b/, ' plan'));
    expect(plan.code, plan.screen).toBe(0);
    const { packages } = JSON.parse(readFileSync(join(dir, 'out/plan.json'), 'utf8')) as {
      packages: { name: string }[];
    };
    expect(packages.map(({ name }) => name).sort()).toEqual(['delta', 'tiny-macros']);
  });
});
