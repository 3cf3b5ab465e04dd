import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import type { Deb } from '../../../src/shared/toolchain/debian/deb.ts';
import { debPath, fetchDebs } from '../../../src/shared/toolchain/debian/fetch-debs.ts';
import { type Apt, offeredPackages } from '../../../src/shared/toolchain/debian/package-lists.ts';

const top = mkdtempSync(join(tmpdir(), 'azl-apt-'));
const arch = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
let dir: string;
let mirror: string;
let answering = true;
/** A mirror: whatever lies in `<dir>/mirror`. */
const server = createServer((request, response) => {
  try {
    if (!answering) throw new Error('gone');
    response.end(readFileSync(join(dir, 'mirror', decodeURIComponent(request.url ?? ''))));
  } catch {
    response.writeHead(404).end();
  }
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.close();
  rmSync(top, { recursive: true });
});
beforeEach(() => {
  dir = mkdtempSync(join(top, 'case-'));
  answering = true;
  for (const name of ['mirror', 'apt/lists']) mkdirSync(join(dir, name), { recursive: true });
  writeFileSync(join(dir, 'sources.list'), `deb [trusted=yes] ${mirror} ./\n`);
});

/** Makes the mirror hold one version of each package, and nothing else. */
function offer(packages: Record<string, string>): void {
  rmSync(join(dir, 'mirror'), { recursive: true });
  mkdirSync(join(dir, 'mirror'));
  const index = Object.entries(packages).map(([name, version]) => {
    const tree = join(dir, 'tree');
    mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
    const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: x <x@example.invalid>\nDescription: made up\n`;
    writeFileSync(join(tree, 'DEBIAN/control'), control);
    const file = `${name}_${version}_all.deb`;
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, join(dir, 'mirror', file)]);
    const bytes = readFileSync(join(dir, 'mirror', file));
    return `${control}Filename: ./${file}\nSize: ${bytes.length}\nSHA256: ${textDigest(bytes)}\n`;
  });
  writeFileSync(join(dir, 'mirror/Packages'), index.join('\n'));
}

function work(): Apt & { log: ReturnType<typeof recordingLog> } {
  const settings = {
    'Dir::Etc::sourcelist': join(dir, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Acquire::Retries': '0',
  };
  return { dir: join(dir, 'apt'), log: recordingLog(), settings };
}

const lock = async () => [...(await offeredPackages(work(), arch)).values()];
const fetch = async (debs: readonly Deb[], apt = work()) => {
  await fetchDebs(debs, join(dir, 'debs'), apt);
  return apt.log.lines;
};

describe('Debian packages of a lock', () => {
  it('are fetched once, and again when the cache holds other bytes', async () => {
    offer({ one: '1.0-1', two: '2.0-1' });
    const debs = await lock();
    expect(debs.map(({ name, version }) => `${name} ${version}`).sort()).toEqual(['one 1.0-1', 'two 2.0-1']);
    expect(await fetch(debs)).toEqual([expect.stringContaining('Fetching 2 packages')]);
    expect(await fetch(debs)).toEqual([]);
    const path = debPath(join(dir, 'debs'), debs[0] as Deb);
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.alloc(bytes.length));
    expect(await fetch(debs)).toEqual([
      `warning: ${path} (one) is damaged: it counts as absent`,
      expect.stringContaining('Fetching 1 package '),
    ]);
    expect(readFileSync(path)).toEqual(bytes);
  });

  it('that the mirror no longer has are named, also when the lists are older than the mirror', async () => {
    offer({ one: '1.0-1', two: '2.0-1' });
    const debs = await lock();
    offer({ one: '1.0-2', two: '2.0-1' });
    await expect(fetch(debs)).rejects.toThrow(
      'toolchain.lock: the lock names one 1.0-1, which neither the mirror nor the cache has any more. Run `make -C ../azl toolchain UPDATE_LOCK=1`',
    );
    expect(readdirSync(join(dir, 'debs')).filter((name) => name.startsWith('landing'))).toEqual([]);
  });

  it('are found after a refresh when only the lists are old', async () => {
    offer({ one: '1.0-1' });
    await lock();
    offer({ one: '1.0-2' });
    const bytes = readFileSync(join(dir, 'mirror/one_1.0-2_all.deb'));
    const newer = { name: 'one', version: '1.0-2', digest: textDigest(bytes), size: bytes.length } as Deb;
    await fetch([newer]);
    expect(readFileSync(debPath(join(dir, 'debs'), newer))).toEqual(bytes);
  });

  it('of a mirror that does not answer are reported with the reason of apt', async () => {
    offer({ one: '1.0-1' });
    const debs = await lock();
    answering = false;
    await expect(fetch(debs)).rejects.toThrow(
      /^The host's mirror does not give what its lists offer \(.+\)\. Look at the network/,
    );
  });
});
