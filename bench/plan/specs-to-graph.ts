import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { recordingLog } from '../../src/shared/base/log.ts';
import { readJson } from '../../src/shared/host/json-files.ts';
import { toolchainSchema } from '../../src/shared/model/toolchain.ts';
import { makeTree } from '../../src/shared/solver/solve-root.ts';
import { parsesAtOnce } from '../../src/shared/specs/ask-rpm.ts';
import { policyMacros } from '../../src/shared/specs/macros/policy.ts';
import { parseSpecs } from '../../src/shared/specs/parse.ts';
import { openParses } from '../../src/shared/specs/saved-parses.ts';

/**
 * Makes the graph of folders of specs in a process of its own: `specs-to-graph.ts <toolchain> <work> <folder>...`. What
 * rpm said is in `<work>/parses.jsonl` afterwards, and is used when it is there. Says what it took as a line of JSON.
 */
const [toolchainDir = '', work = '', ...specsDirs] = process.argv.slice(2);
const toolchain = await readJson(toolchainSchema, join(toolchainDir, 'toolchain.json'));
if (toolchain === undefined) throw new Error(`no toolchain in ${toolchainDir}: run make toolchain first`);
const begun = performance.now();
const memory = await openParses(join(work, 'parses.jsonl'), new Map());
const defines = { dist: '.azl3', azl: '3', distro_release_version: '3.0' };
const log = recordingLog();
const { specs, errors } = await parseSpecs({
  ...{ specsDirs, worker: join(toolchainDir, 'worker'), overlaysDir: join(work, 'overlays') },
  ...{ macroFiles: [policyMacros], defines, arch: toolchain.arch, jobs: parsesAtOnce(), log },
  ...{ remembering: { memory, workerDigest: toolchain.workerDigest }, versionsWithout: '.azl3' },
});
await memory.save();
const solver = {
  solve: () => Promise.reject(new Error('a graph needs no solver')),
  close: async () => {},
};
const tree = makeTree({ specs, toolchain, defines, solver, sources: async () => ({}) });
const { user, system } = process.cpuUsage();
const status = readFileSync('/proc/self/status', 'utf8');
const said = {
  ...{ specs: specs.length, refused: errors.length, nodes: tree.declared.specs.size },
  seconds: (performance.now() - begun) / 1000,
  ownCpuSeconds: (user + system) / 1e6,
  megabytes: Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1000),
};
writeSync(1, `${JSON.stringify(said)}\n`);
