import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { architectureOf } from '../../../src/shared/base/architectures.ts';
import { runShortTool } from '../../../src/shared/host/short-tool.ts';
import { allowedCalls, seccompFilter } from '../../../src/shared/sandbox/seccomp.ts';
import { runFilter } from '../../support/run-filter.ts';

const helper = fileURLToPath(new URL('./seccomp-filter.py', import.meta.url));
const terminalInput = [0x5412, 0x541c];
const socketFamilies = [1, 2, 10, 16];

/** Arguments that some call is examined for, and their neighbours. */
const values = [
  ...Array.from({ length: 50 }, (_, value) => BigInt(value)),
  ...Array.from({ length: 0x30 }, (_, value) => BigInt(0x5400 + value)),
  ...[0x3d0f00n, 0x1000_0000n, 0x1000_0011n, 0x1002_0000n, 0x2000_0000n, 0xefff_ffffn, 0xffff_ffffn],
];

describe.each([
  ['x64', 'X86_64', 0xc000_003e],
  ['arm64', 'AARCH64', 0xc000_00b7],
] as const)('the seccomp filter on %s, beside one of libseccomp,', (node, arch, architecture) => {
  const allowed = allowedCalls(node);
  const newest = Math.max(...allowed.values());
  const ours = seccompFilter(architectureOf(node));
  /** Names by number, as libseccomp knows them; it may be older than the table. */
  let names: ReadonlyMap<number, string>;
  let theirs: Buffer;

  beforeAll(async () => {
    const asked = { arch, newest, allowed: [...allowed.keys()], terminalInput, socketFamilies };
    const { stdout } = await runShortTool(['/usr/bin/python3', helper], { input: JSON.stringify(asked) });
    const answer = JSON.parse(stdout) as { names: Record<string, string>; program: string };
    names = new Map(Object.entries(answer.names).map(([number, name]) => [Number(number), name]));
    theirs = Buffer.from(answer.program, 'base64');
  });

  it('has the same number for each name', () => {
    const found = [...names].filter(([, name]) => allowed.has(name));
    expect(found.length).toBeGreaterThan(node === 'x64' ? 250 : 200);
    for (const [number, name] of found) expect(allowed.get(name), name).toBe(number);
    const newestKnown = Math.max(...names.keys());
    const unknown = [...allowed].filter(
      ([name, number]) => number <= newestKnown && names.get(number) !== name,
    );
    expect(unknown).toEqual([]);
  });

  it('decides each call in the same way, whatever its arguments are', () => {
    const verdicts = new Set<string | number>();
    for (const [number, name] of names)
      for (const value of values) {
        const call = { architecture, number, arguments: [value, value] };
        const verdict = runFilter(theirs, call);
        if (runFilter(ours, call) !== verdict) expect.fail(`${name}(${value}): theirs is ${verdict}`);
        verdicts.add(verdict);
      }
    expect(verdicts).toEqual(new Set(['allowed', 1, 38, 97]));
  });

  it('knows as little of other architectures', () => {
    const others = [0xc000_003e, 0xc000_00b7, 0x4000_0003, 0xc000_00f3].filter((one) => one !== architecture);
    for (const other of others)
      for (const number of [0, 1, 59, 63, newest, 0x4000_0000]) {
        const call = { architecture: other, number };
        expect(runFilter(ours, call)).toBe(runFilter(theirs, call));
      }
    const x32 = { architecture, number: 0x4000_0001 };
    expect(runFilter(ours, x32)).toBe(runFilter(theirs, x32));
  });
});
