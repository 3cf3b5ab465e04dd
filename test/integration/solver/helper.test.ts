import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { isRoot } from '../../../src/shared/host/process.ts';
import { startSolver } from '../../../src/shared/solver/solver.ts';
import { closeSolvers, over, request, rpm, toolchain } from '../../support/real-solver.ts';

afterEach(closeSolvers);

/** The fields of /proc/<pid>/status of each helper that this process has started. */
function helpers(): { pid: string; status: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return status.includes(`\nPPid:\t${process.pid}\n`) && status.startsWith('Name:\tpython3')
          ? [{ pid, status }]
          : [];
      } catch {
        return [];
      }
    });
}

describe('the process of the solver, which reads what strangers wrote', () => {
  it('is nobody, can get no rights, and has bounded memory', async () => {
    const solver = await over([rpm({ name: 'a' })]);
    await solver.solve({ install: ['a'] });
    const [helper, ...more] = helpers();
    expect(more).toEqual([]);
    expect(helper?.status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(helper?.status).toMatch(/^CapEff:\t0+$/m);
    if (isRoot()) expect(helper?.status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    const limits = readFileSync(`/proc/${helper?.pid}/limits`, 'utf8');
    expect(limits).toMatch(/^Max address space +4294967296 +4294967296/m);
  });

  it('is ended when it gives no answer in time, and each who waits is told', async () => {
    const solver = await startSolver(toolchain([rpm({ name: 'a' })]), 0.001);
    const waiting = [1, 2].map(() => solver.solve(request({ install: ['a'] })));
    const ends = await Promise.allSettled(waiting);
    for (const end of ends)
      expect(String(end.status === 'rejected' && end.reason)).toContain(
        'the solver ended (no answer in 0.001 s)',
      );
    await solver.close();
  });
});
