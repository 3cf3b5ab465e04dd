import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { hostArchitecture } from '../../../src/shared/base/architectures.ts';
import { recordingLog } from '../../../src/shared/base/log.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import {
  buildEnvironment,
  checkMacros,
  policyMacros,
  topDir,
} from '../../../src/shared/specs/macros/policy.ts';
import { parseSpecs } from '../../../src/shared/specs/parse.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { testWorker } from '../../support/worker.ts';

/*
 * Every spec says the same to the product as to the worker's own rpmspec, on the same macros. The example's specs always;
 * those of a checkout of Azure Linux when AZL_TREE names it: all of them, or with AZL_TREE_EVERY=20 each 20th.
 */

const temporary = temporaryFolders();
const arch = hostArchitecture.rpm;

type Lines = string[][] | null;
/** What rpmspec says about a spec: null where it refuses it. */
interface Said {
  spec: string;
  source: Lines;
  checked: Lines;
  packages: Lines;
  built: Lines;
}

/** Asks the worker's rpmspec about specs below `specsDir`, each with the version macros that it was given. */
async function askRpmspec(
  specsDir: string,
  specs: readonly Pick<Spec, 'path' | 'versionMacros'>[],
  defines: Record<string, string>,
): Promise<Said[]> {
  const { worker } = await testWorker();
  const dir = temporary();
  const input = join(dir, 'asked');
  mkdirSync(input);
  chmodSync(input, 0o755);
  writeFileSync(join(input, 'macros'), policyMacros.text);
  const said: Said[] = [];
  const lanes = Array.from({ length: availableParallelism() }, async (_, lane) => {
    const request = {
      ...{ topDir, arch, uid: 71_000 + lane, macroFiles: ['/asked/macros'], defines },
      checkMacros: [checkMacros(false), checkMacros(true)],
      specs: specs
        .filter((_, at) => at % availableParallelism() === lane)
        .map(({ path, versionMacros = {} }) => [`/specs/${path}`, versionMacros]),
    };
    writeFileSync(join(input, `${lane}.json`), JSON.stringify(request));
    await runInSandbox(['python3', '-IB', '/helper/rpmspec.py', `/asked/${lane}.json`], {
      root: { worker, overlay: await createOverlay(join(dir, `overlay-${lane}`)) },
      ...{ as: 'root', env: buildEnvironment, tmpfs: [topDir, '/tmp', '/var/tmp'] },
      binds: [
        { source: join(import.meta.dirname, '../../support'), target: '/helper' },
        { source: input, target: '/asked' },
        { source: specsDir, target: '/specs' },
      ],
      onLine: (line) => said.push(JSON.parse(line) as Said),
    });
  });
  await Promise.all(lanes);
  return said.map((one) => ({ ...one, spec: one.spec.slice('/specs/'.length) }));
}

const capabilities = (values: readonly string[]) =>
  [...new Set(values.filter((one) => !one.startsWith('rpmlib(')))].sort();

/** The lines of one header, by their first word. */
function relationsOf(lines: readonly string[][]) {
  const of = (kind: string) => lines.flatMap(([word, value = '']) => (word === kind ? [value] : []));
  return {
    provides: capabilities(of('provide')),
    requires: capabilities(of('require')),
    conflicts: capabilities(of('conflict')),
    obsoletes: capabilities(of('obsolete')),
    files: [
      ...of('source').map((one) => `source ${one}`),
      ...of('patch').map((one) => `patch ${one}`),
    ].sort(),
  };
}

/** Splits lines where a header begins. */
function headersOf(lines: readonly string[][]): string[][][] {
  const headers: string[][][] = [];
  for (const line of lines) {
    if (line[0] === 'package' || line[0] === 'spec') headers.push([]);
    headers.at(-1)?.push(line);
  }
  return headers;
}

/** What both say about a spec, in one form. */
function bySpec({ source, checked, packages, built }: Said) {
  const [head = []] = source ?? [];
  const [own, withCheck] = [relationsOf(source ?? []), relationsOf(checked ?? [])];
  const made = new Set((built ?? []).map(([name]) => name));
  return {
    evr: head.slice(2).join(' '),
    buildRequires: own.requires,
    checkRequires: withCheck.requires.filter((one) => !own.requires.includes(one)),
    buildConflicts: own.conflicts,
    sources: [...new Set([...own.files, ...withCheck.files])].sort(),
    packages: headersOf(packages ?? []).map((lines) => {
      const [, packageArch, name, ...evr] = lines[0] as [string, string, string, ...string[]];
      const { files: _, ...relations } = relationsOf(lines);
      return { name, evr: evr.join(' '), arch: packageArch, built: made.has(name), ...relations };
    }),
  };
}

function byProduct(spec: Spec): ReturnType<typeof bySpec> {
  const evr = ({ epoch, version, release }: Pick<Spec, 'epoch' | 'version' | 'release'>) =>
    `${epoch} ${version} ${release}`;
  return {
    evr: `${spec.name} ${evr(spec)}`,
    buildRequires: spec.buildRequires,
    checkRequires: spec.checkRequires,
    buildConflicts: spec.buildConflicts,
    sources: [...new Set(spec.sources.map(({ kind, name }) => `${kind} ${name}`))].sort(),
    packages: spec.packages.map(({ name, arch: packageArch, built, ...one }) => ({
      ...{ name, evr: evr(one), arch: packageArch, built },
      ...{ provides: one.provides, requires: one.requires },
      ...{ conflicts: one.conflicts, obsoletes: one.obsoletes },
    })),
  };
}

/** Compares a folder of specs. @returns the numbers of specs, and those that rpm refuses */
async function compare(specsDir: string, every: number, defines: Record<string, string>) {
  const { worker } = await testWorker();
  const { specs, errors } = await parseSpecs({
    ...{ specsDirs: [specsDir], worker, overlaysDir: join(temporary(), 'overlays'), arch, defines },
    ...{ macroFiles: [policyMacros], jobs: availableParallelism(), log: recordingLog() },
    versionsWithout: '.azl3',
  });
  const chosen = specs.filter((_, at) => at % every === 0);
  const said = await askRpmspec(specsDir, chosen, defines);
  expect(said).toHaveLength(chosen.length);
  const byPath = new Map(said.map((one) => [one.spec, one]));
  const found = Object.fromEntries(chosen.map((spec) => [spec.path, byProduct(spec)]));
  const expected = Object.fromEntries(
    chosen.map(({ path }) => [path, bySpec(byPath.get(path) as Said)] as const),
  );
  const different = chosen.filter(
    ({ path }) => JSON.stringify(found[path]) !== JSON.stringify(expected[path]),
  );
  const only = (all: typeof found) => Object.fromEntries(different.map(({ path }) => [path, all[path]]));
  expect(only(found)).toEqual(only(expected));
  return { compared: chosen.length, refused: [...new Set(errors.flatMap(({ packages }) => packages))] };
}

it('the specs of the example say to the product what they say to rpmspec', async () => {
  const { compared, refused } = await compare(resolve('examples/distro/SPECS'), 1, { dist: '.azl3' });
  expect(compared).toBeGreaterThan(10);
  expect(refused).toEqual([]);
});

const tree = process.env['AZL_TREE'] ?? '';
const every = Number(process.env['AZL_TREE_EVERY'] ?? 1);
/** The folders of specs that are compared. A test that is skipped would count as failed. */
const folders = tree === '' ? [] : ['SPECS', 'SPECS-EXTENDED'];
if (tree === '')
  console.warn(
    'NOT COMPARED: the specs of Azure Linux. AZL_TREE=<checkout of microsoft/azurelinux> compares them.',
  );

for (const folder of folders)
  it(`${folder} of Azure Linux say to the product what they say to rpmspec`, async () => {
    const defines = { dist: '.azl3', azl: '3', distro_release_version: '3.0' };
    const { compared, refused } = await compare(resolve(tree, folder), every, defines);
    console.warn(
      `${folder}: ${compared} specs compared; refused are ${refused.length}: ${refused.join(' ')}`,
    );
    expect(compared).toBeGreaterThan(0);
  }, 7_200_000);
