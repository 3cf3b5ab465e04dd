import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Starts a command so that the calls of it and all that it starts, by which files are used by name, are written to `file`. */
export function traced(file: string): string[] {
  const calls = [
    ...['open', 'openat', 'openat2', 'creat', 'truncate', 'mkdir', 'mkdirat', 'rmdir', 'unlink', 'unlinkat'],
    ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat', 'mknod', 'mknodat'],
    ...['chmod', 'fchmodat', 'chown', 'lchown', 'fchownat', 'setxattr', 'lsetxattr', 'mount', 'move_mount'],
    ...['execve', 'execveat', 'chdir', 'fchdir', 'chroot', 'pivot_root', 'clone', 'clone3', 'fork', 'vfork'],
  ];
  const known =
    process.arch === 'x64' ? calls : calls.filter((name) => name.endsWith('at') || !oldCalls.has(name));
  const options = ['-f', '-y', '--seccomp-bpf', '-q', '--signal=none', '-s', '4096'];
  return ['strace', ...options, '-e', `trace=${known.join(',')}`, '-o', file, '--'];
}

/** Calls that arm64 has only with a folder's descriptor. */
const oldCalls = new Set(
  'open creat mkdir rmdir unlink rename renameat link symlink mknod chmod chown lchown fork vfork'.split(' '),
);

/** A use of a path by a process that is in no sandbox. */
export interface HostUse {
  /** The name of its program: `node`, `rm`. */
  program: string;
  call: string;
  /** Absolute, on the host. */
  path: string;
}

interface Process {
  program: string;
  cwd: string;
  /** How often its root was changed by pivot_root: bubblewrap does so twice, and is then inside. */
  pivots: number;
}

/**
 * Reads what {@link traced} wrote: every path that a process outside of a sandbox used by name. Inside are bubblewrap from
 * its second pivot_root on, and all that it starts then. A process that nobody outside has started is inside, too: process
 * numbers of a sandbox are its own.
 */
export function hostUses(file: string, cwd: string): HostUse[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const starts = new Map<number, { line: number; parent: number }[]>();
  const whole = wholeCalls(lines, starts);
  const live = new Map<number, Process | undefined>();
  const uses: HostUse[] = [];
  for (const [index, { pid, call, text }] of whole.entries()) {
    if (!live.has(pid)) live.set(pid, index === 0 ? { program: '', cwd, pivots: 0 } : childOf(pid, index));
    if (call === '+++') {
      live.delete(pid);
      continue;
    }
    const process = live.get(pid);
    if (process === undefined || process.pivots >= 2) continue;
    const paths = pathsOf(call, text, process.cwd);
    if (/^(?:execve|execveat)$/.test(call) && / = 0$/.test(text))
      process.program = posix.basename(paths[0] ?? '');
    if (call === 'chdir' && / = 0$/.test(text)) process.cwd = paths[0] ?? process.cwd;
    if (call === 'fchdir') process.cwd = /^fchdir\(\d+<([^>]*)>/.exec(text)?.[1] ?? process.cwd;
    if (call === 'pivot_root' && / = 0$/.test(text)) process.pivots += 1;
    for (const path of paths) {
      const onHost = process.pivots === 1 ? path.replace(/^\/oldroot(?=\/|$)/, '') : path;
      uses.push({ program: process.program, call, path: onHost === '' ? '/' : onHost });
    }
  }
  return uses;

  function childOf(pid: number, index: number): Process | undefined {
    const found = (starts.get(pid) ?? []).toSorted(
      (a, b) => Math.abs(a.line - index) - Math.abs(b.line - index),
    )[0];
    const parent = found === undefined ? undefined : live.get(found.parent);
    return parent === undefined || parent.pivots >= 2 ? undefined : { ...parent };
  }
}

interface Call {
  pid: number;
  call: string;
  text: string;
}

/** Joins the halves of calls that others interrupted; each stands where it began. Notes who started whom. */
function wholeCalls(
  lines: readonly string[],
  starts: Map<number, { line: number; parent: number }[]>,
): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<number, number>();
  for (const line of lines) {
    const [, number = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const pid = Number(number);
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    let at = calls.length;
    if (resumed !== undefined) {
      at = unfinished.get(pid) ?? -1;
      const begun = calls[at];
      if (begun === undefined) continue;
      begun.text += resumed;
      unfinished.delete(pid);
    } else if (number !== '') {
      const isWhole = !rest.endsWith(' <unfinished ...>');
      const text = isWhole ? rest : rest.slice(0, -' <unfinished ...>'.length);
      calls.push({ pid, call: /^(?:\w+|\+\+\+)/.exec(rest)?.[0] ?? '', text });
      if (!isWhole) unfinished.set(pid, at);
    } else continue;
    const { call, text } = calls[at] as Call;
    const child = /^(?:clone3?|v?fork)$/.test(call) ? / = (\d+)$/.exec(text)?.[1] : undefined;
    if (child === undefined) continue;
    const known = starts.get(Number(child)) ?? [];
    starts.set(Number(child), [...known, { line: at, parent: pid }]);
  }
  return calls;
}

/** Calls whose second text is a path, too. */
const twoPaths = /^(?:rename|link|mount)/;

/** The absolute paths that a call names. A link's target is none. */
function pathsOf(call: string, text: string, cwd: string): string[] {
  const found: string[] = [];
  const argument = /(?:(?:AT_FDCWD|\d+)<((?:[^>\\]|\\.)*)>, )?"((?:[^"\\]|\\.)*)"/g;
  for (const [, folder, name = ''] of text.matchAll(argument)) {
    if (name !== '') found.push(posix.resolve(folder === undefined ? cwd : unquoted(folder), unquoted(name)));
  }
  if (/^symlink/.test(call)) return found.slice(1, 2);
  return found.slice(0, twoPaths.test(call) ? 2 : 1);
}

function unquoted(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-f]{2})|([0-7]{1,3})|(.))/g, (_, hex, octal, other) =>
    hex
      ? String.fromCharCode(Number.parseInt(hex, 16))
      : octal
        ? String.fromCharCode(Number.parseInt(octal, 8))
        : other,
  );
}
