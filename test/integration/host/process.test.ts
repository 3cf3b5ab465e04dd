import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { setDebugSink } from '../../../src/shared/base/debug.ts';
import { LimitError } from '../../../src/shared/host/limit-error.ts';
import { type RunningTool, runTool, ToolError } from '../../../src/shared/host/process.ts';
import { runShortTool } from '../../../src/shared/host/short-tool.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-process-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const runner = fileURLToPath(new URL('../../../src/shared/host/process.ts', import.meta.url));

/** Whether a process is there and not merely waiting to be reaped. */
function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries++) {
    if (tries > 400) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A tool that starts a child in the background and notes the ids of both. */
const family = (file: string) => [
  'sh',
  '-c',
  `sleep 300 & echo $! $$ > ${file}.new; mv ${file}.new ${file}; wait`,
];
const pidsIn = (file: string) => readFileSync(file, 'utf8').trim().split(' ').map(Number);

describe('a tool', () => {
  it('returns its output and exit code, and sees an environment built from nothing', async () => {
    process.env['AZL_SECRET'] = 'token';
    const { stdout } = await runTool(['env']);
    expect(stdout).not.toContain('AZL_SECRET');
    expect(stdout).toContain('LANG=C.UTF-8');
    expect((await runTool(['sh', '-c', 'echo out; echo err >&2; exit 3'], { ok: [3] })).stderr).toBe('err\n');
    await expect(runTool(['sh', '-c', 'echo why >&2; exit 3'])).rejects.toThrow(/ended with 3:\nwhy/);
    await expect(runTool(['/nowhere/tool'])).rejects.toBeInstanceOf(ToolError);
  });

  it('gets secrets that no arguments on this machine show', async () => {
    const secretEnv = { http_proxy: "http://me:se$(c)'r\\et 42@h", other: '' };
    const look =
      'cat /proc/[0-9]*/cmdline 2>/dev/null | grep -ac "[s]e\\$(c)"; printf "%s\\n" "$http_proxy"; cat';
    const argv = ['sh', '-c', look];
    const { stdout } = await runTool(argv, { secretEnv });
    expect(stdout).toBe(`0\n${secretEnv.http_proxy}\n`);
    expect((await runTool(argv, { secretEnv, root: true })).stdout).toBe(stdout);
  });

  it('writes both outputs to its log in the order in which they were written', async () => {
    const log = join(dir, 'both.log');
    const numbers = Array.from({ length: 500 }, (_, at) => at);
    const script = 'i=0; while [ $i -lt 500 ]; do echo $i >&$((1 + i % 2)); i=$((i + 1)); done';
    const { stdout } = await runTool(['sh', '-c', script], { log });
    expect(readFileSync(log, 'utf8')).toBe(`${numbers.join('\n')}\n`);
    expect(stdout).toBe(readFileSync(log, 'utf8'));
  });

  it('with a log can open its outputs by their names, also as another user', async () => {
    const log = join(dir, 'named.log');
    const script = 'echo a >/dev/stderr; echo b | tee /dev/stdout; exit 3';
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const { code } = await runTool([...asNobody, 'sh', '-c', script], { log, root: true, ok: 'any' });
    expect({ code, text: readFileSync(log, 'utf8') }).toEqual({ code: 3, text: 'a\nb\nb\n' });
    expect((await runTool(['sh', '-c', 'kill -9 $$'], { log, ok: 'any' })).code).toBe(137);
  });

  it('is in the debug log, with its arguments and its exit code, and without its environment', async () => {
    const lines: string[] = [];
    setDebugSink((message) => lines.push(message.replace(/[\d.]+ s/, 'N s')));
    try {
      await runTool(['sh', '-c', 'exit 3'], { ok: [3], env: { PASSWORD: 'hidden' } });
      await runShortTool(['printf', 'a b']);
    } finally {
      setDebugSink(undefined);
    }
    expect(lines).toEqual([
      "$ sh -c 'exit 3'",
      'sh: exit code 3 (N s)',
      "$ printf 'a b'",
      'printf: exit code 0 (N s)',
    ]);
  });

  it('gets its arguments as they are, whatever a shell would make of them', async () => {
    const nasty = ['a b', '$(touch x)', '`id`', "'", '"', '\\', '*', '-n', 'line\nbreak', ''];
    const { stdout } = await runTool(['printf', '%s|', ...nasty]);
    expect(stdout).toBe(`${nasty.join('|')}|`);
    const short = await runShortTool(['printf', '%s|', ...nasty]);
    expect(short.stdout).toBe(`${nasty.join('|')}|`);
    expect((await runShortTool(['cat'], { input: 'through standard input' })).stdout).toBe(
      'through standard input',
    );
  });

  it('is killed with its children when it takes too long, or when the caller gives up', async () => {
    const late = join(dir, 'late');
    // On a machine with much to do, a second may be too short for it to note anything.
    for (let seconds = 1; !existsSync(late); seconds *= 3)
      expect((await runTool(family(late), { timeoutSeconds: seconds, ok: 'any' })).code).toBe(124);
    await until(() => pidsIn(late).every((pid) => !lives(pid)));
    const given = join(dir, 'given-up');
    const stop = new AbortController();
    const run = runTool(family(given), { signal: stop.signal });
    await until(() => existsSync(given));
    stop.abort();
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    await until(() => pidsIn(given).every((pid) => !lives(pid)));
  });

  it.each([
    ['its log cannot be written', { log: '/dev/full' }, { code: 'ENOSPC' }],
    ['its output cannot be written', { output: '/dev/full' }, { code: 'ENOSPC' }],
    ['its log cannot be opened', { log: '/nowhere/log' }, { code: 'ENOENT' }],
    [
      'a listener throws',
      {
        onLine: () => {
          throw new Error('no sense');
        },
      },
      { message: 'no sense' },
    ],
  ])('is ended, and the call fails, when %s', async (name, options, error) => {
    const file = join(dir, name.replaceAll(' ', '-'));
    const run = runTool(['sh', '-c', `echo word; sleep 300 & echo $! $$ > ${file}; wait`], options);
    await expect(run).rejects.toMatchObject(error);
    // Where the log cannot even be opened, it may be dead before it has written them.
    if (existsSync(file)) await until(() => pidsIn(file).every((pid) => !lives(pid)));
  });

  it('that reached a limit has all in its log that it wrote before, also what nobody had read yet', async () => {
    const log = join(dir, 'ended-log');
    const wrote = join(dir, 'has-written');
    const argv = ['sh', '-c', `echo before; touch ${wrote}; sleep 300`];
    // Nothing reads here while the tool writes, as in a process that is busy.
    const onStart = ({ end }: RunningTool) => {
      for (const since = Date.now(); !existsSync(wrote); )
        if (Date.now() - since > 60_000) throw new Error('the tool did not start');
      end(new LimitError('processes', 'ran more than 3 processes at once'));
    };
    await expect(runTool(argv, { log, onStart })).rejects.toThrow('more than 3 processes');
    expect(readFileSync(log, 'utf8')).toBe('before\n\nazl: ended: it ran more than 3 processes at once\n');
  });

  it('that writes on while it is ended adds no more than what can wait unread', async () => {
    const log = join(dir, 'endless-log');
    const onStart = ({ end }: RunningTool) => end(new LimitError('memory', 'used too much'));
    await expect(runTool(['yes'], { log, onStart })).rejects.toThrow('used too much');
    expect(statSync(log).size).toBeLessThan(600_000);
  });

  it('writes what everybody may read, whatever umask its starter has', async () => {
    const before = process.umask(0o077);
    try {
      expect((await runTool(['sh', '-c', 'umask'])).stdout).toBe('0022\n');
    } finally {
      process.umask(before);
    }
  });

  it('puts its output into a file', async () => {
    const file = join(dir, 'output');
    const { stdout } = await runTool(['sh', '-c', 'echo out; echo err >&2'], { output: file });
    expect([stdout, readFileSync(file, 'utf8')]).toEqual(['', 'out\n']);
  });

  it.each([
    'SIGKILL',
    'SIGTERM',
    'SIGINT',
  ] as const)('dies with its children when %s ends its starter', async (signal) => {
    const file = join(dir, signal);
    const script = join(dir, `${signal}.ts`);
    writeFileSync(
      script,
      `import { runTool } from '${runner}';\nawait runTool(${JSON.stringify(family(file))});\n`,
    );
    const starter = spawn(process.execPath, [script], { stdio: 'ignore' });
    await until(() => existsSync(file));
    starter.kill(signal);
    await until(() => pidsIn(file).every((pid) => !lives(pid)));
  });

  it('leaves nothing behind when it ends by itself', async () => {
    const { stdout } = await runTool(['sh', '-c', 'echo $PPID']);
    await until(() => !lives(Number(stdout)));
  });
});
