import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'rolldown/utils';
import { parse } from 'yaml';

/** The checkout. */
export const repository = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** The path of a tool of this checkout, whatever PATH is: ncc's path is part of its output. */
function tool(name: string): string {
  return join(repository, 'node_modules', '.bin', name);
}

/** One folder `dist` that is committed. */
interface Bundle {
  /** The folder that holds `src` and `dist`, relative to the checkout. */
  folder: string;
  /** The module that imports everything else, relative to the checkout, without its extension. */
  module: string;
  /** File names in `dist` → the function of the module that each calls. Empty: the module runs when it is loaded. */
  entries: Record<string, string>;
}

/** Every bundle of the checkout, sorted by folder. */
export function bundles(): Bundle[] {
  const actions = readdirSync(join(repository, 'actions')).sort();
  const found: Bundle[] = [];
  for (const name of actions) {
    const folder = join('actions', name);
    if (!existsSync(join(repository, folder, 'src', 'entries.ts'))) continue;
    found.push({ folder, module: join(folder, 'src', 'entries'), entries: entriesOf(folder) });
  }
  found.push({ folder: 'cli', module: join('cli', 'src', 'main'), entries: { 'index.js': 'main' } });
  return found;
}

/**
 * Returns the entries of an action and its sub-actions, from the `main:` of each action.yml: `dist/plan.js` calls the
 * function `plan`, `dist/index.js` the function `main`.
 */
function entriesOf(folder: string): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const file of globSync([`${folder}/action.yml`, `${folder}/*/action.yml`], {
    cwd: repository,
  }).sort()) {
    const { runs } = parse(readFileSync(join(repository, file), 'utf8')) as { runs: { main: string } };
    const entry = basename(runs.main);
    entries[entry] = entry === 'index.js' ? 'main' : basename(entry, '.js');
  }
  return entries;
}

/**
 * Builds every bundle below `target` (`<target>/<folder>/dist`): all of them, or none if one fails. Equal sources
 * give equal bytes, wherever the checkout is. Types are not checked.
 * @throws Error with the compiler's output
 */
export async function buildAll(target: string): Promise<void> {
  mkdirSync(join(repository, 'build'), { recursive: true });
  // Inside the checkout, whose node_modules the bundler searches.
  const lib = mkdtempSync(join(repository, 'build', 'lib-'));
  try {
    const tsc = spawnSync(tool('tsc'), ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', lib], {
      cwd: repository,
      encoding: 'utf8',
    });
    if (tsc.status !== 0) throw new Error(`tsc failed:\n${tsc.stdout}${tsc.stderr}`);
    copyHelpers(lib);
    writeFileSync(join(lib, 'package.json'), '{"type":"module"}\n');
    const waiting = bundles();
    const work = async () => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await bundle(one, lib);
    };
    for (const ended of await Promise.allSettled([work(), work()])) {
      if (ended.status === 'rejected') throw ended.reason;
    }
    for (const { folder } of bundles()) {
      const dist = join(target, folder, 'dist');
      rmSync(dist, { recursive: true, force: true });
      cpSync(join(lib, folder, 'dist'), dist, { recursive: true });
    }
  } finally {
    rmSync(lib, { recursive: true, force: true });
  }
}

/** Copies the files that modules read (Python, shell, templates) to the compiler's output folder. */
function copyHelpers(lib: string): void {
  for (const file of globSync(['src/**', 'actions/*/src/**', 'cli/src/**'], {
    cwd: repository,
    withFileTypes: true,
  })) {
    if (!file.isFile() || /\.ts$|^\.|~$/.test(file.name) || file.parentPath.endsWith('__pycache__')) continue;
    const from = join(file.parentPath, file.name);
    const to = join(lib, from.slice(repository.length + 1));
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
  }
}

async function bundle(one: Bundle, lib: string): Promise<void> {
  const dist = join(lib, one.folder, 'dist');
  mkdirSync(dist, { recursive: true });
  const output = ['-o', join(dist, 'code'), '--license', 'licenses.txt'];
  // Its cache has no bounds, and is of no use: the folder is another one each time.
  await ncc(lib, ['build', `${one.module}.js`, '-m', '--no-cache', ...output]);
  await shrinkChunks(join(dist, 'code'));
  writeFileSync(join(dist, 'package.json'), '{"type":"module"}\n');
  for (const [file, name] of Object.entries(one.entries)) {
    writeFileSync(join(dist, file), `import { ${name} } from './code/index.js';\n\nawait ${name}();\n`);
  }
}

/**
 * Minifies the chunks that are loaded on demand, as ncc's `-m` minifies the first one. Names of functions and classes
 * stay, since libraries read them.
 */
async function shrinkChunks(dir: string): Promise<void> {
  for (const name of readdirSync(dir).sort()) {
    if (!/^\d+\.index\.js$/.test(name)) continue;
    const path = join(dir, name);
    const how = { module: true, compress: false, mangle: { keepNames: true } };
    const { code, errors } = await minify(name, readFileSync(path, 'utf8'), how);
    if (errors.length > 0) throw new Error(`${name} cannot be made smaller: ${errors[0]?.message}`);
    writeFileSync(path, code);
  }
}

/** Runs ncc in `cwd`. It bundles files below `cwd` that a path in the code may name: there are none but ours. */
async function ncc(cwd: string, args: string[]): Promise<void> {
  const child = spawn(tool('ncc'), args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`ncc ${args.join(' ')} failed:\n${output}`);
}

/** The digest of all sources of the bundles, as `cli/start.sh` compares it. */
export function sourcesDigest(): string {
  const shell = spawnSync('sh', [join(repository, 'cli', 'sources.sh')], { encoding: 'utf8' });
  if (shell.status !== 0) throw new Error(`cli/sources.sh failed: ${shell.stderr}`);
  return shell.stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const digest = sourcesDigest();
  await buildAll(repository);
  writeFileSync(join(repository, 'cli', 'dist', 'sources.sha256'), digest);
}
