import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import { directoryExchange } from '../../../src/shared/shards/transport/directory-exchange.ts';
import { fetchToolchain, shareToolchain } from '../../../src/shared/shards/transport/shared-toolchain.ts';
import { workerDigest } from '../../../src/shared/toolchain/worker.ts';
import { madeUpRpm } from '../../support/made-up.ts';

let dir: string;
const root = async (...argv: string[]) => (await runTool(argv, { root: true })).stdout;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'azl-share-'));
  const rpm = madeUpRpm('filesystem');
  const toolchain = {
    ...{ schema: 'azl/toolchain', version: 1, mode: 'bootstrap', arch: 'x86_64' },
    ...{ rpms: [rpm], worker: [rpm.file], workerDigest: workerDigest([rpm]) },
  };
  mkdirSync(join(dir, 'made/RPMS'), { recursive: true });
  writeFileSync(join(dir, 'made/RPMS', rpm.file), 'an RPM');
  writeFileSync(join(dir, 'made/toolchain.json'), JSON.stringify(toolchain));
  writeFileSync(join(dir, 'made/recipe'), 'what it was made from');
  mkdirSync(join(dir, 'made/worker/usr/bin'), { recursive: true });
  writeFileSync(join(dir, 'made/worker/usr/bin/su'), 'su');
  await root('chown', '-R', '0:0', join(dir, 'made/worker'));
  await root('chown', '37:42', join(dir, 'made/worker/usr/bin/su'));
  await root('chmod', '4711', join(dir, 'made/worker/usr/bin/su'));
});
afterAll(async () => {
  await removeTree(dir);
});

const exchange = () => directoryExchange(join(dir, 'exchange'));
const fetched = (name: string) => fetchToolchain(name, join(dir, 'fetched'), exchange(), join(dir, 'temp'));

describe('a toolchain that one job shares', () => {
  it('is the same in another, with owners and modes of its worker', async () => {
    await shareToolchain(join(dir, 'made'), 'azl-toolchain-1', exchange(), join(dir, 'temp'));
    const toolchain = await fetched('azl-toolchain-1');
    expect(toolchain).toEqual(JSON.parse(readFileSync(join(dir, 'made/toolchain.json'), 'utf8')));
    const su = join(dir, 'fetched/worker/usr/bin/su');
    expect((await root('stat', '-c', '%u:%g %a', su)).trim()).toBe('37:42 4711');
    expect(await root('cat', su)).toBe('su');
  });

  it('is not shared when tar leaves something of it out, which is named', async () => {
    const made = join(dir, 'made');
    const socket = 'import socket; socket.socket(socket.AF_UNIX).bind("worker/usr/socket")';
    await runTool(['python3', '-c', socket], { cwd: made, root: true });
    await expect(shareToolchain(made, 'azl-toolchain-9', exchange(), join(dir, 'temp'))).rejects.toThrow(
      /the packed toolchain .* is not .*: it lacks worker\/usr\/socket \(1 in all\)/,
    );
    await root('rm', join(made, 'worker/usr/socket'));
  });

  it('takes the place of what is there', async () => {
    mkdirSync(join(dir, 'fetched'), { recursive: true });
    writeFileSync(join(dir, 'fetched/old'), 'x');
    await fetched('azl-toolchain-1');
    expect((await root('ls', join(dir, 'fetched'))).trim().split('\n').sort()).toEqual([
      'RPMS',
      'recipe',
      'toolchain.json',
      'worker',
    ]);
  });

  it('is shared once, and missed by name', async () => {
    await expect(
      shareToolchain(join(dir, 'made'), 'azl-toolchain-1', exchange(), join(dir, 'temp')),
    ).rejects.toThrow("has an artifact 'azl-toolchain-1' already");
    await expect(fetched('azl-toolchain-9')).rejects.toThrow(
      "'azl-toolchain-9', and this run has no artifact",
    );
  });

  it('of another version of azl is refused, and what is there stays', async () => {
    const file = join(dir, 'made/toolchain.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/"workerDigest":"\w+"/, '"workerDigest":"another"'));
    await shareToolchain(join(dir, 'made'), 'azl-toolchain-2', exchange(), join(dir, 'temp'));
    writeFileSync(file, text);
    await expect(fetched('azl-toolchain-2')).rejects.toThrow('no toolchain of this version');
    expect(JSON.parse(readFileSync(join(dir, 'fetched/toolchain.json'), 'utf8'))).toEqual(JSON.parse(text));
  });
});
