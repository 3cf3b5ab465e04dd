import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import { becomeUser, lendDevice } from '../../../src/shared/sandbox/lend-device.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl lend, '));
/** A node of /dev/zero that only root may open, as /dev/kvm is on many hosts. */
const device = join(dir, 'device');
const user = { uid: 61_234, gid: 61_235 };
const other = { uid: 61_236, gid: 61_236 };

beforeAll(async () => {
  await runTool(['mknod', '-m', '600', device, 'c', '1', '5'], { root: true });
  await runTool(['chmod', '755', dir], { root: true });
});
afterAll(() => rmSync(dir, { recursive: true }));

const read = ['head', '-c', '3', device];
const run = (argv: readonly string[]) => runTool(argv, { root: true, ok: 'any' });

describe('a device that only root may open', () => {
  it('is closed to others', async () => {
    const { code, stderr } = await run(becomeUser(read, user));
    expect([code, stderr]).toEqual([1, expect.stringContaining('Permission denied')]);
  });

  it('opens for the user to whom it is lent, and for nobody else', async () => {
    const lent = await run(lendDevice(becomeUser(read, user), device, user));
    expect([lent.code, lent.stdout]).toEqual([0, '\0\0\0']);
    const { code, stderr } = await run(lendDevice(becomeUser(read, other), device, user));
    expect([code, stderr]).toEqual([1, expect.stringContaining('Permission denied')]);
  });

  it('cannot be given on by that user, and is the same on the host', async () => {
    const { stderr } = await run(lendDevice(becomeUser(['chmod', '666', device], user), device, user));
    expect(stderr).toContain('Read-only file system');
    const { uid, mode } = statSync(device);
    expect([uid, mode & 0o777]).toEqual([0, 0o600]);
    expect((await run(becomeUser(read, user))).code).toBe(1);
  });

  it('may be named by a link, and the command keeps its umask', async () => {
    const link = join(dir, 'link');
    symlinkSync(device, link);
    const lent = await run(lendDevice(becomeUser(['head', '-c', '3', link], user), link, user));
    expect([lent.code, lent.stdout]).toEqual([0, '\0\0\0']);
    const { stdout } = await run(lendDevice(['sh', '-c', 'umask'], device, user));
    expect(stdout).toBe((await run(['sh', '-c', 'umask'])).stdout);
  });

  it('is one: a file or nothing at its path is an error that says so', async () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(dir, 'nothing'), '/']) {
      const { code, stderr } = await run(lendDevice(['true'], path, user));
      expect([code, stderr]).toEqual([1, `azl: ${path} is no character device\n`]);
    }
  });

  it('leaves the place where its node was made as it was', async () => {
    const show = ['cat', '/proc/self/mountinfo'];
    const [before, inside] = [await run(show), await run(lendDevice(show, device, user))];
    const places = (text: string) => text.split('\n').flatMap((line) => line.split(' ')[4] ?? []);
    expect(places(inside.stdout).filter((place) => place === '/dev/shm')).toEqual(
      places(before.stdout).filter((place) => place === '/dev/shm'),
    );
    expect(inside.stdout).toContain('device');
  });

  it('makes its user one without rights, in the groups that are given', async () => {
    const { stdout } = await run(becomeUser(['cat', '/proc/self/status'], { ...user, groups: [5, 7] }));
    expect(stdout).toMatch(/^Uid:(\s+61234){4}$/m);
    expect(stdout).toMatch(/^Gid:(\s+61235){4}$/m);
    expect(stdout).toMatch(/^Groups:\s+5 7\s*$/m);
    expect(stdout).toMatch(/^CapEff:\s+0+$/m);
  });
});
