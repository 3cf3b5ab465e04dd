import { appendFileSync, chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostArchitecture } from '../../../src/shared/base/architectures.ts';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { LimitError } from '../../../src/shared/host/limit-error.ts';
import { kvmDevice } from '../../../src/shared/image/boot-test/qemu.ts';
import { runMachine } from '../../../src/shared/image/boot-test/run-machine.ts';
import { runQemu } from '../../../src/shared/image/boot-test/run-qemu.ts';
import { judge } from '../../../src/shared/image/boot-test/verdict.ts';
import { builder } from '../../../src/shared/sandbox/arguments.ts';

let dir: string;
const { qemu } = hostArchitecture;
const machine = ['-machine', 'none', '-nodefaults', '-no-user-config', '-display', 'none'];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-machine-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

/** The status of the process that has this word in its command line and is QEMU. */
async function statusOf(word: string): Promise<string | undefined> {
  for (const pid of await readdir('/proc')) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.startsWith(qemu.program) && command.includes(word))
      return await readFile(`/proc/${pid}/status`, 'utf8');
  }
  return undefined;
}

describe('QEMU', () => {
  it('is an ordinary user without rights, under a filter, and sees what it is given', async () => {
    writeFileSync(join(dir, 'given'), '');
    const word = `azl-${process.pid}-${Date.now()}`;
    const stop = new AbortController();
    const ended = runQemu([qemu.program, ...machine, '-name', word], {
      ...{ binds: [{ source: join(dir, 'given'), target: '/azl/given' }], usesKvm: false },
      signal: stop.signal,
    }).catch(() => {});
    let status: string | undefined;
    // Its own filter is the last thing that it puts on before it runs the machine: two with the sandbox's.
    while (!/^Seccomp_filters:\s+[2-9]/m.test(status ?? '')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      status = await statusOf(word);
    }
    stop.abort();
    await ended;
    expect(status).toMatch(new RegExp(`^Uid:(\\s+${builder.uid}){4}$`, 'm'));
    expect(status).toMatch(/^Groups:[\t ]*$/m);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  });

  it('opens the device of KVM, if there is one, whoever it belongs to', async () => {
    // QEMU opens it before it looks for the device that it does not know.
    const argv = [qemu.program, ...machine, '-accel', 'kvm', '-device', 'unknown'];
    const { stderr } = await runQemu(argv, { binds: [], usesKvm: true });
    if (existsSync(kvmDevice)) expect(stderr).toContain("'unknown' is not a valid device model name");
    else expect(stderr).toContain('Could not access KVM kernel module: No such file or directory');
  });

  it('writes to nothing but what it may', async () => {
    writeFileSync(join(dir, 'disk'), '');
    chmodSync(join(dir, 'disk'), 0o666);
    const { code, stderr } = await runQemu(
      [
        ...[qemu.program, ...machine, '-blockdev'],
        'driver=file,node-name=disk,filename=/azl/disk,read-only=off,auto-read-only=off',
      ],
      { binds: [{ source: join(dir, 'disk'), target: '/azl/disk' }], usesKvm: false, timeoutSeconds: 60 },
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/\/azl\/disk.*Read-only file system/);
  });
});

describe('a machine that prints or writes for ever', () => {
  it('is stopped, with that reason, and its log says where it was cut', async () => {
    const [console, serialLog] = [join(dir, 'console'), join(dir, 'log')];
    writeFileSync(console, '');
    const ran = await runMachine(
      async ({ signal, onData }) => {
        while (!signal?.aborted) {
          appendFileSync(console, 'the same again\n'.repeat(1000));
          onData?.(Buffer.alloc(100_000, 'log and no end '));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        throw new Error('stopped');
      },
      { console, serialLog, mostConsole: 1024 * 1024, log: recordingLog(), timeoutSeconds: 600 },
    );
    const { passed, reason } = judge({ ...ran, acceleration: 'tcg' });
    expect([passed, reason]).toEqual([false, 'it printed more than 1 MiB on its console']);
    expect(statSync(serialLog).size).toBeLessThan(1024 * 1024 + 200);
    expect(readFileSync(serialLog, 'utf8')).toMatch(
      /\nazl: it printed more than 1 MiB on its console; what follows is not here\.\n$/,
    );
  });

  it('has failed if it is ended at a limit, as of the disk that its image grows on', async () => {
    const [console, serialLog] = [join(dir, 'console of a writer'), join(dir, 'log of a writer')];
    writeFileSync(console, '');
    const ran = await runMachine(
      async () => {
        throw new LimitError('disk', 'wrote to the disk until only 1 GiB of it were free');
      },
      { console, serialLog, log: recordingLog(), timeoutSeconds: 600 },
    );
    const { passed, reason } = judge({ ...ran, acceleration: 'tcg' });
    expect([passed, reason]).toEqual([false, 'it wrote to the disk until only 1 GiB of it were free']);
  });

  it.each([
    ['Linux version 6.1\r\n\u001b[1mdracut:/#\u001b[0m ', 'it stopped in its initramfs (dracut:/#)'],
    [
      'error: no such device: x.\r\ngrub rescue> ',
      'the boot loader finds none of its files (error: no such device: x.)',
    ],
  ])('is ended, long before its limit, when it waits at a prompt: %j', async (text, why) => {
    const [console, serialLog] = [join(dir, 'console of a prompt'), join(dir, 'log of a prompt')];
    writeFileSync(console, text);
    const lines: string[] = [];
    const ran = await runMachine(
      ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      {
        console,
        serialLog,
        log: { ...recordingLog(), progress: (line) => lines.push(line) },
        timeoutSeconds: 600,
      },
    );
    const { passed, reason } = judge({ ...ran, acceleration: 'tcg' });
    expect([passed, reason]).toEqual([false, why]);
    expect(lines[0]).toMatch(/^boot test \d+ of 600 s · (dracut:\/#|grub rescue>)$/);
  });

  it('is not ended at such words if it reports, and passes', async () => {
    const [console, serialLog] = [join(dir, 'console of words'), join(dir, 'log of words')];
    writeFileSync(console, 'Linux version 6.1\r\n(initramfs) ');
    const ran = await runMachine(
      async ({ onData, signal }) => {
        for (let count = 0; count < 15 && !signal?.aborted; count++) {
          onData?.(Buffer.from('\n'));
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
        onData?.(Buffer.from('state running\nend\n'));
        return { code: 0, stdout: '', stderr: '' };
      },
      { console, serialLog, log: recordingLog(), timeoutSeconds: 600 },
    );
    expect(judge({ ...ran, acceleration: 'tcg' })).toMatchObject({ passed: true, reason: '' });
  });

  it('has passed all the same if it was up before', async () => {
    const [console, serialLog] = [join(dir, 'console of one'), join(dir, 'log of one')];
    writeFileSync(console, 'x'.repeat(2000));
    const ran = await runMachine(
      async ({ onData }) => {
        onData?.(Buffer.from('state running\nend\n'));
        return { code: 0, stdout: '', stderr: '' };
      },
      { console, serialLog, mostConsole: 1000, log: recordingLog(), timeoutSeconds: 600 },
    );
    expect(judge({ ...ran, acceleration: 'tcg' }).passed).toBe(true);
  });
});
