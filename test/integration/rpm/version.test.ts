import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runShortTool } from '../../../src/shared/host/short-tool.ts';
import { satisfies } from '../../../src/shared/rpm/requirement.ts';
import { compareVersions } from '../../../src/shared/rpm/version.ts';
import { startSolver } from '../../../src/shared/solver/solver.ts';

describe('versions', () => {
  it('are ordered as rpm orders them', async () => {
    const piece = fc.constantFrom(
      '0',
      '00',
      '1',
      '01',
      '9',
      '10',
      'a',
      'b',
      'Z',
      'rc',
      '.',
      '_',
      '~',
      '^',
      '+',
      '~~',
      '^^',
    );
    const version = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    const pairs = fc.sample(fc.tuple(version, version), 4000);
    const asked = pairs.map(([a, b]) => `rpm.vercmp("${a}","${b}")`);
    const batches = Array.from({ length: 40 }, (_, index) => asked.slice(index * 100, index * 100 + 100));
    const argv = batches.flatMap((batch) => ['--eval', `%{lua:print(${batch.join(',')})}`]);
    const { stdout } = await runShortTool(['rpm', ...argv]);
    const answers = stdout.trim().split(/\s+/).map(Number);
    expect(answers.length).toBe(pairs.length);
    for (const [index, [a, b]] of pairs.entries()) {
      expect(compareVersions(a, b), `'${a}' against '${b}'`).toBe(answers[index]);
    }
  });
});

describe('satisfies', () => {
  it('agrees with the solver', async () => {
    const evrs = ['1.0', '1.0-1', '1.0-2', '2', '1:1.0', '1.0~rc1', '1.0^a-1'];
    const versioned = ['<', '<=', '=', '>=', '>'].flatMap((sign) => evrs.map((evr) => `x ${sign} ${evr}`));
    const disagreements: string[] = [];
    for (const provide of [
      'x',
      'x = 1.0',
      'x = 1.0-1',
      'x = 1:1.0-1',
      'x = 2-1',
      'x = 1.0~rc1-1',
      'x = 1.0^a',
    ]) {
      const rpm = {
        ...{ file: 'p-1-1.noarch.rpm', name: 'p', epoch: 0, version: '1', release: '1', arch: 'noarch' },
        ...{ sourceRpm: '', size: 0, shipDigest: '', outputDigest: '', provides: [provide] },
        ...{ requires: [], conflicts: [], obsoletes: [], files: [], folders: [] },
      };
      const solver = await startSolver({
        ...{ schema: 'azl/toolchain', version: 1, mode: 'download', arch: 'x86_64' },
        ...{ rpms: [rpm], worker: [], workerDigest: '' },
      });
      for (const require of ['x', ...versioned]) {
        const { ok } = await solver.solve({ install: [require], conflicts: [], base: [], local: [] });
        if (ok !== satisfies(provide, require))
          disagreements.push(`${provide} | ${require}: solver says ${ok}`);
      }
      await solver.close();
    }
    expect(disagreements).toEqual([]);
  });
});
