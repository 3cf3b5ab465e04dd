import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConsoleEnd, consoleEnd, deadEnd } from '../../../src/shared/image/boot-test/dead-ends.ts';
import { lineSplitter } from '../../../src/shared/image/boot-test/follow-file.ts';

/** What a real machine with OVMF, GRUB 2.06, Linux 6.1, dracut and systemd 252 said. */
const said = (name: string) => readFileSync(new URL(`./consoles/${name}.txt`, import.meta.url));

function endOf(...chunks: readonly (string | Buffer)[]): ConsoleEnd {
  const end = consoleEnd();
  const split = lineSplitter(end.add);
  let unfinished = '';
  for (const chunk of chunks) unfinished = split(Buffer.from(chunk)).rest;
  return end.with(unfinished);
}

const kernel = '[    0.000000] Linux version 6.1\r\n';
const forever = Number.POSITIVE_INFINITY;

describe('the console of a machine', () => {
  it.each([
    ['no-grub-config', 'the boot loader has no entry to start, and waits at its prompt (grub>)', 3],
    ['no-efi-program', 'the firmware found nothing to boot and started its shell (Shell>)', 10],
    ['no-entry', 'the boot loader has no entry to start, and waits at its prompt (grub>grub>)', 3],
    ['no-kernel', 'the boot loader cannot start the kernel (error: you need to load the kernel first.)', 30],
    [
      'kernel-panic',
      'the kernel panicked (Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0))',
      3,
    ],
    ['no-root-device', 'it stopped in its initramfs (/dev/nothing does not exist)', 5],
    ['initramfs-shell', 'it stopped in its initramfs (Break before switch_root)', 5],
    ['emergency-mode', 'it waits for maintenance (You are in emergency mode)', 15],
  ])('%s: %s', (name, reason, idle) => {
    const end = endOf(said(name));
    expect(deadEnd(end, idle)).toBe(reason);
    expect(deadEnd(end, idle - 0.1)).toBeUndefined();
  });

  it('is no dead end at any time of a good boot, however long it is silent', () => {
    const whole = said('good');
    for (let at = 0; at <= whole.length; at += 61)
      expect(deadEnd(endOf(whole.subarray(0, at)), forever)).toBeUndefined();
    expect(endOf(whole).hasKernel).toBe(true);
  });

  it.each([
    [
      'grub rescue',
      'error: no such device: 12A2.\r\nEntering rescue mode...\r\ngrub rescue> ',
      'error: no such device: 12A2.',
    ],
    [
      'no disk',
      'BdsDxe: No bootable option or device was found.\r\nBdsDxe: Press any key to enter the Boot Manager Menu.\r\n',
      'BdsDxe: No bootable option or device was found',
    ],
    [
      'a shell of the firmware',
      'UEFI Interactive Shell v2.2\r\nEDK II\r\nPress ESC in 1 seconds\r\nShell> ',
      'Shell>',
    ],
    [
      'a panic without its end',
      `${kernel}Kernel panic - not syncing: No working init found.\r\n[    1.0] CPU: 0\r\n`,
      'Kernel panic - not syncing: No working init found.',
    ],
    [
      'a panic of a thread',
      `${kernel}[    1.0][    T1] Kernel panic - not syncing: x\r\n[    1.0][    T1] ---[ end Kernel panic - not syncing: x ]---\r\n`,
      'Kernel panic - not syncing: x',
    ],
    ['an initramfs of Debian', `${kernel}\r\n\u001b[1m(initramfs)\u001b[0m `, '(initramfs)'],
    [
      'a locked root account',
      `${kernel}Cannot open access to console, the root account is locked.\r\nSee sulogin(8) man page for more details.\r\n\r\nPress Enter to continue.\r\n`,
      'Cannot open access to console, the root account is locked',
    ],
    [
      'rescue mode',
      `${kernel}You are in rescue mode. After logging in, type\r\nPress Enter for maintenance\r\n(or press Control-D to continue): `,
      'You are in rescue mode',
    ],
    [
      'a prompt with a message of the kernel behind it',
      `${kernel}dracut:/# [   47.5] random: crng init done\r\ndracut:/# `,
      'dracut:/#',
    ],
    ['a hook of dracut', `${kernel}pre-pivot:/# `, 'pre-pivot:/#'],
    ['a loop of dracut', `${kernel}initqueue:/run/initramfs# `, 'initqueue:/run/initramfs#'],
  ])('is a dead end with %s', (_name, text, detail) => {
    expect(deadEnd(endOf(text), 60)).toContain(` (${detail}`);
  });
});

describe('a guest that only speaks of such things', () => {
  it.each([
    ['within a line', `${kernel}[   12.3] sh[9]: Kernel panic - not syncing: not really\r\n`],
    ['within a line of its own', `${kernel}The guide says: (or press Control-D to continue): \r\n`],
    ['of the boot loader, when a kernel runs', `${kernel}grub> `],
    ['of the firmware, when a kernel runs', `${kernel}BdsDxe: No bootable option or device was found.\r\n`],
    ['of the prompt of a machine named pre-prod', `${kernel}pre-prod:~# `],
    ['of that prompt in another folder', `${kernel}pre-prod:/etc# `],
    ['of a machine named like a hook of dracut, at home', `${kernel}mount:~# `],
    ['of a prompt that is part of a word', `${kernel}dracut:/#and so on`],
    ['with escapes before the words', `${kernel}\u001b]0;title\u0007 grub> `],
    ['and goes on', `${kernel}Kernel panic - not syncing: x\r\n${'[    2.0] usb 1-1: more\r\n'.repeat(61)}`],
    ['and goes on after a prompt', `${kernel}(initramfs) \r\n${'a service says more\r\n'.repeat(5)}`],
    ['at the end of a line without an end', `${kernel}${'x'.repeat(3_000_000)}grub> `],
  ])('comes up: %s', (_how, text) => {
    expect(deadEnd(endOf(text), forever)).toBeUndefined();
  });

  it('comes up if it does not fall silent', () => {
    const panic = `${kernel}[    1.0] Kernel panic - not syncing: x\r\n`;
    expect(deadEnd(endOf(panic), 29)).toBeUndefined();
    expect(deadEnd(endOf(panic), 30)).toBeDefined();
  });

  it('says nothing that reaches a terminal, in a reason of any length, whatever its bytes', () => {
    const words = [
      'grub> ',
      'error: ',
      'Kernel panic - not syncing: ',
      '---[ end ',
      '\u001b[2J',
      '\r',
      '\n',
      '\u202e',
      'é',
      '>',
    ];
    const text = fc.array(fc.constantFrom(...words, 'x'.repeat(5000)), { maxLength: 30 });
    fc.assert(
      fc.property(text, (parts) => {
        const reason = deadEnd(endOf(parts.join('')), forever) ?? '';
        expect(reason).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        expect(reason.length).toBeLessThan(300);
      }),
    );
  });
});
