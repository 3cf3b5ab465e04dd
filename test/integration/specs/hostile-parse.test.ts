import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { formatProblem } from '../../../src/shared/base/problems.ts';
import { limitsOf } from '../../../src/shared/sandbox/limits.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { type ParseOptions, parseSpecs } from '../../../src/shared/specs/parse.ts';
import { type ParsedTrees, parsedTrees } from '../../support/parsed-trees.ts';
import { specText, writeTree } from '../../support/trees.ts';

let trees: ParsedTrees;

beforeAll(async () => {
  trees = await parsedTrees();
});
afterAll(async () => await trees.remove());

/** Parses a tree. Returns the packages that were read, and the problems of each other one. */
async function outcome(
  name: string,
  files: Readonly<Record<string, string>>,
  options: Partial<ParseOptions> = {},
) {
  const specsDir = join(trees.dir, name);
  await writeTree(specsDir, files);
  const { specs, errors } = await parseSpecs({
    ...{
      specsDirs: [specsDir],
      worker: trees.worker,
      overlaysDir: join(trees.dir, 'overlays'),
      macroFiles: [],
    },
    ...{ defines: {}, arch: 'x86_64', jobs: 4, log: recordingLog(), ...options },
  });
  const problems = new Map(errors.map(({ packages, problem }) => [packages[0], formatProblem(problem)]));
  return { read: new Map(specs.map((spec) => [spec.package, spec])), problems };
}

/** A program that outlives its spec and defends itself, in the way of its argument. */
const fighter = `import ctypes, os, signal, socket, sys, time

libc = ctypes.CDLL(None)

def others():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]

def kill_all(what):
    try:
        os.kill(-1, what)
    except OSError:
        pass

def fork():
    try:
        return os.fork()
    except OSError:
        return 1

def bomb():
    while True:
        fork()
        kill_all(signal.SIGKILL)

def stop():
    while True:
        fork()
        kill_all(signal.SIGSTOP)

def trace():
    fork()
    while True:
        for pid in others():
            libc.ptrace(0x4206, pid, None, None)
            libc.ptrace(0x4207, pid, None, None)

def daemon():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        if fork() == 0:
            os.setsid()
            if fork():
                os._exit(0)

def hold():
    a, b = socket.socketpair()
    pipes = [int(name) for name in os.listdir("/proc/self/fd") if int(name) > 0]
    for one, other in ((a, b), (b, a)):
        socket.send_fds(one, [b"x"], [fd for fd in (*pipes, other.fileno()) if fd != one.fileno()][:50])

def slow_down():
    fork()
    while True:
        for pid in others():
            for change in (lambda: os.setpriority(os.PRIO_PROCESS, pid, 19), lambda: os.sched_setscheduler(pid, 5, os.sched_param(0))):
                try:
                    change()
                except OSError:
                    pass

if os.fork():
    os._exit(0)
os.setsid()
{"bomb": bomb, "stop": stop, "trace": trace, "daemon": daemon, "hold": hold, "slow": slow_down}[sys.argv[1]]()
`;
const ways = ['bomb', 'stop', 'trace', 'daemon', 'hold', 'slow'];

/** A library that writes an answer to all pipes of its process, and ends it as if it had parsed. */
function forge(answer: string): string {
  const bytes = JSON.stringify(answer);
  return `#include <unistd.h>
#include <string.h>
static const char answer[] = ${bytes};
int forge(void *lua) {
  for (int fd = 3; fd < 30; fd++) write(fd, answer, strlen(answer));
  _exit(0);
}
`;
}

describe('specs that fight for their lives', () => {
  it('are ended, 200 of them, whether they end by themselves or at their deadline', async () => {
    const count = 200;
    const files = Object.fromEntries(
      Array.from({ length: count }, (_, index) => {
        const way = ways[index % ways.length];
        // Every tenth holds the pipe of its own expansion open, so that its deadline ends it.
        const outputs = index % 10 === 0 ? '2>&1; sleep 1000' : '>/dev/null 2>&1';
        const name = `a${index}`;
        return [
          [`${name}/${name}.spec`, specText(name, `%(python3 %{_sourcedir}/fight.py ${way} ${outputs})`)],
          [`${name}/fight.py`, fighter],
        ] as const;
      }).flat(),
    );
    const good = { 'z/z.spec': specText('z') };
    const { read, problems } = await outcome('race', { ...files, ...good }, { secondsPerSpec: 1 });
    expect(read.size + problems.size).toBe(count + 1);
    expect(read.has('z')).toBe(true);
    for (const [name, said] of problems)
      expect(said, name).toMatch(
        /reading this spec (took more than 1 s|was ended by SIG(KILL|STOP))|rpm cannot read|: /,
      );
    const late = [...problems.values()].filter((said) => said.includes('took more than 1 s'));
    expect(late.length).toBeGreaterThan(10);
  });

  it('cannot keep the others waiting for longer than all specs have', async () => {
    const hang = specText('x', '%(sleep 1000)');
    const files = { 'a/a.spec': hang, 'b/b.spec': hang, 'c/c.spec': hang };
    const { problems } = await outcome('hang', files, { jobs: 1, secondsForAll: 2 });
    expect(problems.get('a')).toContain('reading this spec took more than 2 s');
    expect(problems.get('b')).toContain(
      'reading this spec was not begun: all specs together took more than 2 s',
    );
    expect(problems.size).toBe(3);
  });
});

describe('a spec that uses more than a parse may', () => {
  it('has that problem alone, and the others are read', async () => {
    const bomb = `import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        x = b"x" * (64 << 20)\n        time.sleep(60)\ntime.sleep(60)\n`;
    const files = {
      'a/a.spec': specText('a'),
      'b/b.spec': specText('b', '%(python3 %{_sourcedir}/bomb.py)'),
      'b/bomb.py': bomb,
      'c/c.spec': specText('c'),
    };
    const limits = { ...limitsOf('parse'), memory: 256 * 1024 ** 2 };
    const { read, problems } = await outcome('memory', files, { jobs: 1, limits });
    expect([...read.keys()]).toEqual(['a', 'c']);
    expect([...problems]).toEqual([['b', expect.stringMatching(/reading this spec .*memory/)]]);
  });
});

describe('a spec', () => {
  it('can write nowhere but in the folders that are emptied after it, and to devices', async () => {
    const find = 'find / -path /proc -prune -o ! -type l -writable -print 2>/dev/null | sort';
    const { read } = await outcome('places', {
      'a/a.spec': specText(
        'a',
        `%{lua: for line in io.popen(${JSON.stringify(find)}):lines() do print("Provides: w(" .. line .. ")\\n") end}`,
      ),
    });
    const places = read.get('a')?.packages[0]?.provides.flatMap((one) => /^w\((.*)\)$/.exec(one)?.[1] ?? []);
    const devices = ['full', 'null', 'pts/ptmx', 'random', 'tty', 'urandom', 'zero'].map(
      (name) => `/dev/${name}`,
    );
    const own = /^(?:\/tmp|\/var\/tmp|\/dev\/shm)(?:\/|$)/;
    expect(places?.filter((place) => !own.test(place))).toEqual(devices);
  });

  it('leaves no object of System V or POSIX, and no file in any number or depth, for the next one', async () => {
    const leave = `import ctypes, os
libc = ctypes.CDLL(None)
for key in range(1, 50):
    libc.shmget(key, 4096, 0o1666)
    libc.semget(key, 1, 0o1666)
    libc.msgget(key, 0o1666)
if libc.mq_open(b"/left", os.O_CREAT | os.O_RDWR, 0o666, None) >= 0:
    print("has a queue")
for number in range(3000):
    open(f"/tmp/{number}", "w").close()
os.chdir("/var/tmp")
for _ in range(3000):
    os.mkdir("d" * 100)
    os.chdir("d" * 100)
`;
    const seen = `Provides: left(%(cat /proc/sysvipc/* | grep -vc key; ls -A /tmp /var/tmp | grep -vc :))`;
    const { read, problems } = await outcome(
      'ipc',
      {
        'a/a.spec': specText('a', 'Provides: said(%(python3 %{_sourcedir}/leave.py))'),
        'a/leave.py': leave,
        'b/b.spec': specText(
          'b',
          seen.replace('%(', '%(echo ').replace(/\(%\(echo (.*)\)\)$/, "(%(($1) | tr '\\n' _))"),
        ),
      },
      { jobs: 1 },
    );
    expect([...problems.values()]).toEqual([]);
    expect(read.get('a')?.packages[0]?.provides).toContain('said()');
    expect(read.get('b')?.packages[0]?.provides).toContain('left(0_1_)');
  });

  it.each([
    ['answers of any depth', '[['.repeat(20_000)],
    ['an answer of another shape', '{"name": ["x"], "sources": [1]}'],
    ['an answer for another spec', '{"index": 1, "answers": []}\n'],
  ])('cannot pass off %s', async (what, forged) => {
    // A library that its own %(…) builds runs in the process that answers, and so has its pipe.
    const spec = specText(
      'a',
      '%(gcc -shared -fPIC -o /tmp/forge.so %{_sourcedir}/forge.c)\n%{lua: package.loadlib("/tmp/forge.so", "forge")()}',
    );
    const { read, problems } = await outcome(
      `forged-${what.length}`,
      { 'a/a.spec': spec, 'a/forge.c': forge(forged), 'b/b.spec': specText('b') },
      { jobs: 1 },
    );
    expect(problems.get('a')).toContain('reading this spec gave an answer that cannot be read');
    expect(read.has('b')).toBe(true);
  });
});

describe('a python of a build root that a scriptlet replaced', () => {
  it.each([
    ['answers for another spec', `echo '{"index": 7, "problems": []}'`],
    ['answers with a number of another kind', `echo '{"index": "length", "problems": []}'`],
    ['answers twice', `for i in 1 2; do echo '{"index": 0, "problems": []}'; done`],
    ['answers with no JSON', 'echo hello'],
  ])('is not believed when it %s', async (what, line) => {
    const overlay = await createOverlay(join(trees.dir, `root-${what.length}`));
    mkdirSync(join(overlay, 'upper/usr/bin'), { recursive: true });
    writeFileSync(join(overlay, 'upper/usr/bin/python3'), `#!/bin/sh\n${line}\n`);
    chmodSync(join(overlay, 'upper/usr/bin/python3'), 0o755);
    await expect(
      outcome(`root-${what.length}-specs`, { 'a/a.spec': specText('a') }, { overlay }),
    ).rejects.toThrow('the parse of specs gave an answer that cannot be read');
  });
});
