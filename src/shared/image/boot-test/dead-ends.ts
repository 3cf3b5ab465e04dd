import { plainLine } from '../../base/plain-line.ts';

/** The end of a machine's console, as far as it is needed to see that a machine does not come up. */
export interface ConsoleEnd {
  /** Its last lines, plain and not empty. The last one may be unfinished, as a prompt is. */
  lines: readonly string[];
  /** True once a kernel has started. Firmware and boot loader have ended then. */
  hasKernel: boolean;
}

/** A sight at the end of a console after which a machine waits for a person, or for ever. */
interface DeadEnd {
  /** Who shows it. Firmware and boot loader say nothing any more after a kernel started. */
  by: 'loader' | 'system';
  /** The line that shows it, from its start: services quote such texts in the middle of theirs. */
  line: RegExp;
  /** Lines that may follow. */
  followedBy: number;
  /** Seconds without output after which it counts: a machine that goes on speaking has not stopped. */
  idle: number;
  reason: string;
  /** The line that tells most, of those at the end; its first group if it has one. Default: the line that shows it. */
  detail?: RegExp;
}

/** Characters of a guest's line in a reason. */
const mostShown = 200;

/** Lines that are kept: a panic prints its registers and stacks. */
const mostLines = 100;

/** The time that Linux puts before its messages, and the thread or CPU. */
const stamp = String.raw`(?:\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? )?`;
const ofKernel = (text: string) => new RegExp(`^${stamp}${text}`);

const panic = {
  by: 'system',
  reason: 'the kernel panicked',
  detail: /(Kernel panic - not syncing.*?)(?: \]---)?$/,
} as const;
const grubError = /^(error: .*)/;
const maintenance = { by: 'system', reason: 'it waits for maintenance' } as const;
const initramfs = { by: 'system', reason: 'it stopped in its initramfs', followedBy: 4, idle: 5 } as const;

/** The names in prompts of dracut's shell: its own, or the hook before which it was told to stop. Hosts have others. */
const dracutPrompts = [
  ...[
    'dracut',
    'cmdline',
    'pre-udev',
    'pre-trigger',
    'initqueue',
    'pre-mount',
    'mount',
    'pre-pivot',
    'cleanup',
  ],
  ...['switch_root', 'pre-shutdown', 'shutdown'],
];

/** The sights. Of two, the first counts. */
const deadEnds: readonly DeadEnd[] = [
  { ...panic, line: ofKernel(String.raw`---\[ end Kernel panic - not syncing`), followedBy: 2, idle: 3 },
  // Old kernels do not say where it ends.
  { ...panic, line: ofKernel('Kernel panic - not syncing'), followedBy: 60, idle: 30 },
  {
    ...initramfs,
    line: new RegExp(`^(?:${dracutPrompts.join('|')}):/\\S*# *$`),
    detail: /Warning: (.*)/,
  },
  { ...initramfs, line: /^\(initramfs\) *$/ },
  {
    ...initramfs,
    line: /^Entering emergency mode\. Exit the shell to continue\./,
    followedBy: 8,
    idle: 15,
  },
  {
    ...{
      ...maintenance,
      line: /^(?:\(or press Control-D to continue\):|Press Enter for (?:system )?maintenance)/,
    },
    ...{ followedBy: 4, idle: 15, detail: /^(You are in (?:emergency|rescue) mode)/ },
  },
  {
    ...{ ...maintenance, line: /^Cannot open access to console, the root account is locked/ },
    ...{ followedBy: 6, idle: 15 },
  },
  {
    ...{ by: 'loader', line: /^(?:grub rescue> *)+$/, followedBy: 0, idle: 3, detail: grubError },
    reason: 'the boot loader finds none of its files',
  },
  {
    ...{ by: 'loader', line: /^(?:grub> *)+$/, followedBy: 0, idle: 3, detail: grubError },
    reason: 'the boot loader has no entry to start, and waits at its prompt',
  },
  {
    // GRUB goes on after ten seconds if it has another entry.
    ...{ by: 'loader', line: /^(?:Press any key to continue\.\.\. *)+$/, followedBy: 0, idle: 30 },
    ...{ detail: grubError, reason: 'the boot loader cannot start the kernel' },
  },
  {
    ...{ by: 'loader', line: /^BdsDxe: No bootable option or device was found/, followedBy: 5, idle: 5 },
    reason: 'the firmware found nothing to boot',
  },
  {
    // The shell counts down from five for a script that it looks for.
    ...{ by: 'loader', line: /^(?:UEFI Interactive Shell|Shell> *$)/, followedBy: 12, idle: 10 },
    reason: 'the firmware found nothing to boot and started its shell',
  },
];

/**
 * Returns why a machine with this end of its console does not come up; undefined for any other.
 * @param idle seconds since it last said something; Infinity for a machine that has stopped
 */
export function deadEnd({ lines, hasKernel }: ConsoleEnd, idle: number): string | undefined {
  for (const { by, line, followedBy, idle: needed, reason, detail = line } of deadEnds) {
    if (idle < needed || (by === 'loader' && hasKernel)) continue;
    const shows = lines.slice(-1 - followedBy).findLast((one) => line.test(one));
    if (shows === undefined) continue;
    const found = lines.map((one) => detail.exec(one)).findLast((match) => match !== null);
    return `${reason} (${(found?.[1] ?? shows).trim().slice(0, mostShown)})`;
  }
  return undefined;
}

/** Collects the end of a console. */
export function consoleEnd(): ConsoleEnd & { add(line: string): void; with(unfinished: string): ConsoleEnd } {
  const lines: string[] = [];
  let hasKernel = false;
  return {
    lines,
    get hasKernel() {
      return hasKernel;
    },
    add(line) {
      const plain = plainLine(line);
      hasKernel ||= kernelStarts.test(plain);
      if (plain === '') return;
      lines.push(plain);
      if (lines.length > mostLines) lines.shift();
    },
    with(unfinished) {
      const plain = plainLine(unfinished);
      return { lines: plain === '' ? lines : [...lines, plain], hasKernel };
    },
  };
}

const kernelStarts = ofKernel('Linux version ');
