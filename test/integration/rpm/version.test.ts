import { describe, expect, it } from 'vitest';
import { satisfies } from '../../../src/shared/rpm/requirement.ts';
import { startSolver } from '../../../src/shared/solver/solver.ts';

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
