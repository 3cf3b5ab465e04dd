import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { repository } from '../../scripts/build-dist.ts';
import { withBlock } from '../../scripts/markdown.ts';
import { removeTree } from '../../src/shared/host/folders.ts';
import { plainEnvironment, runTool } from '../../src/shared/host/process.ts';
import { measuredCommit, measuredMachine } from '../measured.ts';
import { buildToolkit, runToolkit } from './toolkit.ts';
import { type TreeResults, type TreeRow, treeFigures } from './tree-figures.ts';

/*
 * From the real specs of a checkout to their graph, beside the toolkit's own specreader and grapher, in one run:
 * `make bench-tree TREE=<checkout of microsoft/azurelinux>`. The toolkit reads SPECS only: no row has it for more.
 */

const given = process.env['TREE'] ?? '';
const tree = resolve(process.env['AZL_PWD'] || process.env['AZL_CWD'] || '.', given);
const toolchain = join(repository, 'build/cache/toolchain');
if (given === '' || !existsSync(join(tree, 'toolkit/tools/specreader'))) {
  console.error(
    `NOT MEASURED: TREE=${given === '' ? '<checkout of microsoft/azurelinux>' : given} is no such tree.`,
  );
  process.exit(given === '' ? 0 : 1);
}

if (!existsSync(join(toolchain, 'worker'))) {
  console.error(`NOT MEASURED: there is no toolchain in ${toolchain}. Run \`make toolchain\` first.`);
  process.exit(1);
}

/** The folders of specs, as paths: those of SPECS, then others of SPECS-EXTENDED. */
const folders = ['SPECS', 'SPECS-EXTENDED'].flatMap((name) =>
  readdirSync(join(tree, name)).map((one) => join(tree, name, one)),
);
const specsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.spec'));

interface Measured {
  specs: number;
  refused: number;
  seconds: number;
  ownCpuSeconds: number;
  megabytes: number;
}

async function specsToGraph(work: string, specsDir: string): Promise<Measured> {
  const argv = [process.execPath, join(import.meta.dirname, 'specs-to-graph.ts'), toolchain, work, specsDir];
  // A bundle has no types to be taken out at each start.
  const env = { ...plainEnvironment, NODE_COMPILE_CACHE: join(dir, 'compiled') };
  const { stdout } = await runTool(argv, { cwd: repository, env, timeoutSeconds: 7200 });
  return JSON.parse(stdout.trim()) as Measured;
}

const dir = join(repository, 'build/bench/tree');
await removeTree(dir);
mkdirSync(dir, { recursive: true });
const toolkit = await buildToolkit(tree, join(toolchain, 'worker'), join(dir, 'toolkit'));
const round = (seconds: number) => Number(seconds.toFixed(2));
const rows: TreeRow[] = [];
try {
  for (const size of [100, 400, 1540, 3063]) {
    const work = join(dir, String(size));
    const specsDir = join(work, 'SPECS');
    mkdirSync(specsDir, { recursive: true });
    const names: string[] = [];
    for (const folder of folders) {
      const target = join(specsDir, folder.slice(folder.lastIndexOf('/') + 1));
      if (names.length >= size || existsSync(target)) continue;
      cpSync(folder, target, { recursive: true });
      names.push(...specsIn(folder).map((name) => name.slice(0, -'.spec'.length)));
    }
    const cold = await specsToGraph(work, specsDir);
    const warm = await specsToGraph(work, specsDir);
    const [changed = ''] = readdirSync(specsDir).filter((one) => specsIn(join(specsDir, one)).length > 0);
    appendFileSync(join(specsDir, changed, specsIn(join(specsDir, changed))[0] as string), '# changed\n');
    const one = await specsToGraph(work, specsDir);
    const theirs = size <= 1540 ? await runToolkit(toolkit, names, '') : undefined;
    const row: TreeRow = {
      ...{ specs: names.length, refused: cold.refused, cold: round(cold.seconds) },
      ...{ warmCpu: round(warm.ownCpuSeconds), oneChanged: round(one.seconds) },
      megabytes: Math.max(cold.megabytes, warm.megabytes),
      ...(theirs && { specreader: round(theirs.specreader), grapher: round(theirs.grapher) }),
    };
    console.log(JSON.stringify(row));
    rows.push(row);
  }
} finally {
  await removeTree(dir);
}
const results: TreeResults = {
  ...{ schema: 'azl/bench-tree', version: 1, command: 'make bench-tree' },
  ...{ commit: await measuredCommit(), machine: measuredMachine() },
  rows,
};
writeFileSync(join(import.meta.dirname, 'tree.json'), `${JSON.stringify(results, null, 2)}\n`);
const page = join(repository, 'docs/azure-linux.md');
writeFileSync(page, withBlock(readFileSync(page, 'utf8'), 'bench-tree', `\n${treeFigures(results)}\n`));
console.log(treeFigures(results));
