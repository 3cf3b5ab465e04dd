import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../src/shared/host/process.ts';

/** Azure Linux's own tools, built from a checkout, and their folders. */
export interface Toolkit {
  tree: string;
  work: string;
}

/**
 * Builds the tools that read specs and make the graph. Nothing is written to the checkout.
 * @param worker the root whose macros they see: they parse on this machine
 */
export async function buildToolkit(tree: string, worker: string, work: string): Promise<Toolkit> {
  for (const name of ['bin', 'build', 'srpms', 'rpms/x86_64', 'rpms/noarch', 'home'])
    mkdirSync(join(work, name), { recursive: true });
  const env = { ...process.env, GOFLAGS: '-mod=readonly' } as Record<string, string>;
  const cwd = join(tree, 'toolkit/tools');
  const argv = ['go', 'build', '-o', `${join(work, 'bin')}/`, './specreader', './grapher'];
  await runTool(argv, { cwd, env, timeoutSeconds: 1800 });
  cpSync(join(worker, 'usr/lib/rpm'), join(work, 'rpm'), { recursive: true, verbatimSymlinks: true });
  const macros = join(tree, 'SPECS/azurelinux-rpm-macros');
  for (const name of readdirSync(macros)) {
    if (name.startsWith('macros')) cpSync(join(macros, name), join(work, 'rpm/macros.d', name));
    // The folders are those of its spec.
    if (!name.endsWith('.lua')) continue;
    for (const folder of ['azl', 'azl/srpm']) cpSync(join(macros, name), join(work, 'rpm/lua', folder, name));
  }
  writeFileSync(join(work, 'home/.rpmmacros'), '%azl 3\n');
  return { tree, work };
}

const manifestOf = (tree: string) => join(tree, 'toolkit/resources/manifests/package/toolchain_x86_64.txt');

/** Reads specs and makes their graph as the toolkit does. Returns the seconds of each of the two. */
export async function runToolkit(
  { tree, work }: Toolkit,
  specs: readonly string[],
  macros: string,
): Promise<{ specreader: number; grapher: number }> {
  const versions = join(work, 'macros.versions');
  writeFileSync(versions, macros);
  // The grapher asks for the files of prebuilt RPMs, not for what is in them.
  for (const file of readFileSync(manifestOf(tree), 'utf8').split('\n').filter(Boolean))
    writeFileSync(join(work, file.endsWith('.noarch.rpm') ? 'rpms/noarch' : 'rpms/x86_64', file), '');
  const run = async (tool: string, options: readonly string[]) => {
    const begun = performance.now();
    const env = {
      ...{ PATH: process.env['PATH'] ?? '', HOME: join(work, 'home') },
      RPM_CONFIGDIR: join(work, 'rpm'),
    };
    await runTool([join(work, 'bin', tool), ...options], { cwd: work, env, timeoutSeconds: 7200 });
    return (performance.now() - begun) / 1000;
  };
  const rpms = [`--rpm-dir=${join(work, 'rpms')}`, `--toolchain-rpms-dir=${join(work, 'rpms')}`];
  const specreader = await run('specreader', [
    ...[`--dir=${join(tree, 'SPECS')}`, `--spec-list=${specs.join(' ')}`, '--dist-tag=.azl3', ...rpms],
    ...[`--build-dir=${join(work, 'build')}`, `--srpm-dir=${join(work, 'srpms')}`, '--output=specs.json'],
    ...[`--versions-macro-file=${versions}`, `--toolchain-manifest=${manifestOf(tree)}`],
  ]);
  writeFileSync(join(work, 'empty.repo'), '');
  const grapher = await run('grapher', [
    ...['--input=specs.json', '--output=graph.dot', '--output-dir=.', ...rpms],
    ...['--tdnf-worker=/dev/null', '--repo-file=empty.repo'],
  ]);
  return { specreader, grapher };
}
