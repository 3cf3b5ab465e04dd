import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import { directoryExchange } from '../../../src/shared/shards/transport/directory-exchange.ts';
import { fetchToolchain, shareToolchain } from '../../../src/shared/shards/transport/shared-toolchain.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace, removeWorkspace } from '../../support/workspace.ts';

const top = newWorkspace();
afterAll(async () => {
  await removeWorkspace(top);
});

const root = async (...argv: string[]) => (await runTool(argv, { root: true })).stdout;
const exchange = () => directoryExchange(join(top, 'exchange'));
const dir = join(top, 'fetched');
const fetched = (name: string) => fetchToolchain(name, dir, exchange(), join(top, 'temp'));
const share = async (name: string, changed: Partial<Toolchain> = {}) => {
  const made = await testWorker();
  await shareToolchain(made.dir, { ...made.toolchain, ...changed }, name, exchange(), join(top, 'temp'));
};

/** Type, mode, owner, size and target of everything in a worker but rpm's database and what Python compiled. */
async function listing(worker: string): Promise<string> {
  const left = ['-path', './var/lib/rpm', '-o', '-name', '__pycache__'];
  const format = '%y %m %U:%G %s %p %l\\n';
  const argv = ['find', '.', '(', ...left, ')', '-prune', '-o', '-type', 'd', '-printf', '%y %m %U:%G %p\\n'];
  const { stdout } = await runTool([...argv, '-o', '-printf', format], { cwd: worker, root: true });
  return stdout.split('\n').sort().join('\n');
}

describe('a toolchain that one job shares', () => {
  it('is the same in another, in place of what was there: RPMs, and a worker made of them', async () => {
    const made = await testWorker();
    await share('azl-toolchain-1');
    mkdirSync(dir);
    writeFileSync(join(dir, 'old'), 'x');
    expect(await fetched('azl-toolchain-1')).toEqual(made.toolchain);
    expect(JSON.parse(readFileSync(join(dir, 'toolchain.json'), 'utf8'))).toEqual(made.toolchain);
    expect((await root('ls', dir)).trim().split('\n').sort()).toEqual(['RPMS', 'toolchain.json', 'worker']);
    expect(await root('stat', '-c', '%u:%g %a', join(dir, 'worker/usr/bin/su'))).toBe('0:0 4755\n');
    expect(await listing(join(dir, 'worker'))).toBe(await listing(made.worker));
  });

  it('is shared once, and missed by name', async () => {
    await expect(share('azl-toolchain-1')).rejects.toThrow("has an artifact 'azl-toolchain-1' already");
    await expect(fetched('azl-toolchain-9')).rejects.toThrow(
      "'azl-toolchain-9', and this run has no artifact",
    );
  });

  it('is not shared without one of its RPMs', async () => {
    const { rpms } = (await testWorker()).toolchain;
    const gone = { ...(rpms[0] as Toolchain['rpms'][number]), file: 'gone-1-1.noarch.rpm' };
    await expect(share('azl-toolchain-2', { rpms: [...rpms, gone] })).rejects.toThrow(
      /gone-1-1\.noarch\.rpm/,
    );
  });
});
