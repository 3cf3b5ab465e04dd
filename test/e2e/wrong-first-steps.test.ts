import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTool } from '../../src/shared/host/process.ts';
import { littleSpace } from '../support/little-space.ts';
import {
  withOverlay,
  withoutMounts,
  withoutNetwork,
  withReadOnly,
  withRelease,
} from '../support/other-machine.ts';
import { asUser, giveCheckout } from '../support/user.ts';
import { leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';
import {
  type Call,
  callMake,
  contentOf,
  follow,
  messagesOf,
  writeRepository,
} from '../support/wrong-steps.ts';

let dir: string;
const running: ChildProcess[] = [];
beforeEach(() => {
  dir = newWorkspace();
  writeRepository(dir);
});
afterEach(async () => {
  for (const one of running.splice(0)) if (one.kill()) await once(one, 'close');
  await removeWorkspace(dir);
});

/** One wrong step of a user. */
interface Step {
  args: string[];
  env?: Record<string, string>;
  /** Makes the state in which it is wrong. */
  before?: () => unknown;
  starter?: () => readonly string[];
  /** What the message says. */
  says: RegExp;
  /** What the call says that follows the hint, if it does not end well. */
  next?: RegExp;
}

/** A folder that PATH finds first, with a program of that name. */
function pathWith(name: string, script: string): string {
  mkdirSync(join(dir, '.bin'));
  writeFileSync(join(dir, '.bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, '.bin', name), 0o755);
  return `${join(dir, '.bin')}:${process.env['PATH']}`;
}

const folder = (name: string) => {
  mkdirSync(join(dir, name));
  return join(dir, name);
};
const write = (path: string, text: string) => writeFileSync(join(dir, path), text);
const proxy = (value: string) => ({ http_proxy: value, https_proxy: value });

const steps: Record<string, Step> = {
  'a typo in a variable': { args: ['plan', 'SPEC_DIR=SPECS'], says: /Unknown variable 'SPEC_DIR'/ },
  'a typo in a target': { args: ['plann'], says: /no target 'plann'/ },
  'a typo in a folder': { args: ['plan', 'SPECS_DIR=SPECZ'], says: /is 'SPECZ', which does not exist/ },
  'a typo in a package': { args: ['plan', 'PACKAGE_BUILD_LIST=alpa'], says: /names 'alpa'/ },
  'a typo in the package of a target': { args: ['signatures', 'PACKAGE=alpa'], says: /no package 'alpa'/ },
  'a typo in the path of a config': {
    args: ['plan', 'CONFIG_FILE=imageconfigs/minimal.jsn'],
    says: /minimal\.jsn: The image config cannot be read/,
  },
  'a config that is no JSON': {
    args: ['plan', 'CONFIG_FILE=imageconfigs/bad.json'],
    says: /bad\.json:1:\d+: This is not JSON/,
  },
  'a value that is no boolean': { args: ['plan', 'RUN_CHECK=maybe'], says: /\(RUN_CHECK\) is 'maybe'/ },
  'a file in the place of a folder': {
    args: ['plan', 'OUT_DIR=file'],
    before: () => write('file', ''),
    says: /OUT_DIR is 'file', which is not a folder/,
  },
  'the cache in a folder of the system': {
    args: ['plan', 'CACHE_DIR=/etc'],
    says: /CACHE_DIR is '\/etc', which belongs to the operating system/,
  },
  'the build in the folder of specs': {
    args: ['plan', 'BUILD_DIR=SPECS'],
    says: /BUILD_DIR is 'SPECS', which is the folder of specs/,
  },
  'a read-only folder': {
    args: ['plan', 'OUT_DIR=ro'],
    starter: () => withReadOnly(folder('ro')),
    says: /OUT_DIR is 'ro', which is on a read-only file system/,
  },
  'an empty folder of specs': {
    args: ['plan', 'SPECS_DIR=none'],
    before: () => folder('none'),
    says: /none: the folder holds no spec/,
  },
  'two specs of one name': {
    args: ['plan'],
    before: () => cpSync(join(dir, 'SPECS/beta'), join(dir, 'SPECS/other'), { recursive: true }),
    says: /has the same name as/,
    // Its signatures are those of the other name.
    next: /renamed\.signatures\.json: Source0 'beta\.txt' has no entry|Plan: out\/plan\.json/,
  },
  'a source that nobody signed': {
    args: ['plan'],
    before: () => rmSync(join(dir, 'SPECS/alpha/alpha.signatures.json')),
    says: /alpha\.signatures\.json: Source0 'alpha\.txt' has no entry/,
  },
  'a source with another digest': {
    args: ['input-srpms'],
    before: () => write('SPECS/alpha/alpha.txt', 'changed'),
    says: /alpha\.txt.* its SHA-256 is/,
  },
  'a source that nobody has, without a network': {
    args: ['input-srpms'],
    before: () => rmSync(join(dir, 'SPECS/alpha/alpha.txt')),
    starter: withoutNetwork,
    says: /Source0 'alpha\.txt' is nowhere to be found.* does not answer/,
  },
  'a proxy that is down': {
    args: ['input-srpms'],
    env: proxy('http://me:secret@127.0.0.1:9'),
    before: () => rmSync(join(dir, 'SPECS/alpha/alpha.txt')),
    says: /the proxy 127\.0\.0\.1:9 of https_proxy does not answer \(ECONNREFUSED\)/,
    next: /example\.invalid does not answer/,
  },
  'a proxy that is none': {
    args: ['plan'],
    env: { http_proxy: 'socks5://me:secret@127.0.0.1:9' },
    says: /http_proxy names no http or https proxy/,
  },
  'another system': {
    args: ['plan'],
    env: {},
    before: () => write('.release', 'ID=ubuntu\nVERSION_ID="20.04"\n'),
    starter: () => withRelease(join(dir, '.release')),
    says: /azl needs Ubuntu 24\.04 or newer/,
  },
  'a container that may not mount': {
    args: ['plan'],
    starter: withoutMounts,
    says: /overlay: cannot be mounted/,
  },
  'the overlay of a container': {
    args: ['plan', 'BUILD_DIR=overlay'],
    starter: () => withOverlay(folder('overlay')),
    says: /overlay: cannot be mounted in overlay/,
  },
  'a full disk': {
    args: ['plan', 'BUILD_DIR=small'],
    starter: () => littleSpace(folder('small'), 1),
    says: /disk: 0\.0 GiB free in small, .* needed/,
  },
  'a run beside another': {
    args: ['plan'],
    before: async () => {
      const lock = join(folder('build'), '.azl-lock');
      const holder = spawn('flock', ['--no-fork', lock, 'sh', '-c', 'echo held; exec sleep 600'], {
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      });
      running.push(holder);
      await once(holder.stdout as NodeJS.ReadableStream, 'data');
    },
    says: /Another azl is at work in '.*build'/,
  },
};

const systems: Record<string, () => Step> = {
  'an old Node': () => ({
    args: ['plan'],
    env: { PATH: pathWith('node', 'echo v18.19.0') },
    says: /azl needs Node 20 or newer; v18\.19\.0/,
  }),
  macOS: () => ({
    args: ['plan'],
    env: { PATH: pathWith('uname', 'echo Darwin') },
    says: /azl works on Linux alone, and this is macOS/,
  }),
};

describe('a wrong first step gets one message, whose hint a script can follow', () => {
  it.each([
    ...Object.entries(steps).map(([name, step]) => [name, () => step] as const),
    ...Object.entries(systems),
  ])('%s', async (_name, make) => {
    const step = make();
    await step.before?.();
    const call: Call = { args: step.args, env: step.env ?? {}, starter: step.starter?.() ?? [] };
    const before = contentOf(dir);
    const ended = await callMake(call, dir);
    const messages = messagesOf(ended);
    expect(messages, ended.stdout).toEqual([expect.stringMatching(step.says)]);
    expect(ended.code).toBe(2);
    expect(ended.stdout + ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$|secret/m);
    expect(contentOf(dir)).toEqual(before);

    const next = await callMake(await follow(messages[0] as string, call, dir), dir);
    const said = next.stdout + next.stderr;
    expect(said).not.toMatch(step.says);
    if (step.next === undefined) expect(next.code, said).toBe(0);
    else expect(said).toMatch(step.next);
    for (const one of running) one.kill();
    await expect.poll(() => leftBehind(dir)).toEqual([]);
  });
});

describe('an ordinary user', () => {
  const plan = ['make', '--no-print-directory', '-f', 'azl/Makefile'];
  const one = (stderr: string) => messagesOf({ code: 2, stdout: '', stderr })[0] as string;

  it('without sudo gets the command that root runs, and it works', async () => {
    chmodSync(dir, 0o755);
    await giveCheckout(dir);
    const ended = await asUser([...plan, 'plan'], dir, 'nothing');
    expect(messagesOf(ended)).toEqual([expect.stringMatching(/sudo: asks for a password/)]);
    const command = /as root: (echo .*)$/.exec(one(ended.stderr))?.[1] as `echo ${string}`;
    const next = await asUser([...plan, 'doctor'], dir, command);
    expect(next.stdout).toContain('✓ sudo: without a password');

    const build = join(dir, 'build');
    await runTool(['sh', '-c', 'mkdir "$1" && touch "$1/.made-by-azl" && chown -R 0:0 "$1"', 'sh', build], {
      root: true,
    });
    const foreign = await asUser([...plan, 'plan'], dir, command);
    expect(messagesOf(foreign)).toEqual([expect.stringMatching(/writable: you may not write build/)]);
    const fix = /Fix: (sudo .*)$/.exec(one(foreign.stderr))?.[1] as string;
    const after = await asUser(['sh', '-c', `${fix} && ${plan.join(' ')} doctor`], dir, command);
    expect(after.stdout).toContain('✓ writable: build, out');
  });
});
