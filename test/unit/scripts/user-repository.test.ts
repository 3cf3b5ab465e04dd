import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyRepository } from '../../../scripts/act/trees.ts';
import {
  checkRepository,
  nameOf,
  readWorkflows,
  repositoryToRun,
  startable,
  withRefsOf,
  workflowsToRun,
} from '../../../scripts/act/user-repository.ts';
import { repository as checkout } from '../../../scripts/build-dist.ts';
import { commitAll, git, listFiles } from '../../../scripts/git.ts';
import { parseWorkflow, type Workflow } from '../../../scripts/workflows/workflow.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'azl-test-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const put = (name: string, text: string) => {
  mkdirSync(join(dir, '.github/workflows'), { recursive: true });
  writeFileSync(join(dir, '.github/workflows', name), text);
};
const workflows = (texts: Record<string, string>): Map<string, Workflow> =>
  new Map(Object.entries(texts).map(([path, text]) => [path, parseWorkflow(text)]));

describe('the repository that make act runs', () => {
  it('is the one that REPO names, else the one in which the user stands, else azl', () => {
    expect(repositoryToRun('', dir)).toBe(checkout);
    expect(repositoryToRun('mine', dir)).toBe(join(dir, 'mine'));
    put('a.yml', 'on: push\n');
    expect(repositoryToRun('', dir)).toBe(dir);
    expect(repositoryToRun('/elsewhere', dir)).toBe('/elsewhere');
  });

  it('is a folder that git knows', async () => {
    await expect(checkRepository(join(dir, 'gone'))).rejects.toThrow(
      `REPO is '${dir}/gone', which does not exist. Name the folder of your repository`,
    );
    writeFileSync(join(dir, 'file'), '');
    await expect(checkRepository(join(dir, 'file'))).rejects.toThrow('which is no folder');
    await expect(checkRepository(dir)).rejects.toThrow(`Make it one: git -C ${dir} init`);
    await commitAll(dir, 'x', '2025-01-01T00:00:00Z');
    await expect(checkRepository(dir)).resolves.toBeUndefined();
  });

  it('has workflows that can be read', () => {
    expect(() => readWorkflows(dir)).toThrow(
      `There is no workflow in ${dir}/.github/workflows. This writes three`,
    );
    put('b.yaml', 'on: push\n');
    put('a.yml', 'on: pull_request\n');
    expect([...readWorkflows(dir).keys()]).toEqual(['.github/workflows/a.yml', '.github/workflows/b.yaml']);
    put('c.yml', 'a: [\n');
    put('d.yml', 'b: "\n');
    expect(() => readWorkflows(dir)).toThrow(/workflows\/c\.yml: .*\n.*workflows\/d\.yml: /);
  });

  it('is copied with its links, and without repositories inside', async () => {
    symlinkSync('nowhere', join(dir, 'link'));
    mkdirSync(join(dir, 'inner'));
    await commitAll(join(dir, 'inner'), 'x', '2025-01-01T00:00:00Z');
    // The inner one is recorded as a commit, as a submodule is.
    await commitAll(dir, 'x', '2025-01-01T00:00:00Z');
    expect(await listFiles(dir)).toEqual(['link']);
  });

  it.skipIf(process.getuid?.() !== 0)('may be of another user (skipped without root)', async () => {
    const theirs = join(dir, 'their repository');
    mkdirSync(join(theirs, 'sub'), { recursive: true });
    await commitAll(theirs, 'x', '2025-01-01T00:00:00Z');
    for (const path of [theirs, join(theirs, '.git')]) chownSync(path, 65534, 65534);
    symlinkSync(theirs, join(dir, 'link'));
    await expect(checkRepository(theirs)).resolves.toBeUndefined();
    await expect(checkRepository(join(dir, 'link'))).resolves.toBeUndefined();
    await expect(checkRepository(join(theirs, 'sub'))).rejects.toThrow(
      `of '${theirs}/sub': detected dubious ownership in repository at '${theirs}'. Name its own folder: make act REPO='${theirs}'`,
    );
  });

  it('is refused with the reason of git', async () => {
    writeFileSync(join(dir, '.git'), 'words');
    await expect(checkRepository(dir)).rejects.toThrow(
      `git does not read the repository of '${dir}': invalid gitfile format: ${dir}/.git`,
    );
  });

  it('has a name', () => {
    expect(nameOf(checkout)).toBe('azl/actions');
    expect(nameOf(dir)).toBe(`local/${basename(dir)}`);
  });
});

describe("a stranger's repository", () => {
  const program = () => {
    writeFileSync(join(dir, 'program'), `#!/bin/sh\ntouch ${dir}/ran\nexit 1\n`);
    chmodSync(join(dir, 'program'), 0o755);
    return join(dir, 'program');
  };
  const made = async (...paths: string[]) => {
    const repository = join(dir, 'repository');
    for (const path of paths) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), 'words');
    }
    await commitAll(repository, 'x', '2025-01-01T00:00:00Z');
    return repository;
  };
  const configure = (repository: string, settings: Record<string, string>) => {
    for (const [name, value] of Object.entries(settings))
      execFileSync('git', ['-C', repository, 'config', name, value]);
  };

  it('runs no hook, and no program that watches its files', async () => {
    const repository = await made('a');
    configure(repository, { 'core.fsmonitor': program() });
    symlinkSync(program(), join(repository, '.git/hooks/post-commit'));
    await commitAll(repository, 'y', '2025-01-01T00:00:00Z');
    expect(await listFiles(repository)).toEqual(['a']);
    expect(existsSync(join(dir, 'ran'))).toBe(false);
  });

  it('runs no program that fetches what it lacks', async () => {
    const repository = await made('a', 'sub/b');
    execFileSync('git', ['-C', repository, 'sparse-checkout', 'set', '--cone', '--sparse-index', 'other']);
    configure(repository, {
      'remote.origin.url': 'file:///nowhere',
      'remote.origin.promisor': 'true',
      'remote.origin.uploadpack': program(),
    });
    const tree = execFileSync('git', ['-C', repository, 'rev-parse', 'HEAD:sub'], { encoding: 'utf8' });
    rmSync(join(repository, '.git/objects', tree.slice(0, 2), tree.slice(2).trim()));
    await listFiles(repository).catch(() => []);
    expect(existsSync(join(dir, 'ran'))).toBe(false);
  });

  it('is not copied through its links', async () => {
    const repository = await made('a/b', 'a/deep/c', 'kept');
    mkdirSync(join(dir, 'scratch/victim/deep'), { recursive: true });
    for (const path of ['victim/b', 'victim/deep/c']) writeFileSync(join(dir, 'scratch', path), 'mine');
    rmSync(join(repository, 'a'), { recursive: true });
    mkdirSync(join(dir, 'victim/deep'), { recursive: true });
    for (const path of ['b', 'deep/c']) writeFileSync(join(dir, 'victim', path), 'theirs');
    symlinkSync('../victim', join(repository, 'a'));
    const copy = await copyRepository(repository, join(dir, 'scratch'));
    for (const path of ['b', 'deep/c'])
      expect(readFileSync(join(dir, 'scratch/victim', path), 'utf8')).toBe('mine');
    expect((await git(copy, ['ls-files'])).split('\n')).toEqual(['a', 'kept']);
  });

  it('has no files outside of it, in .git or that are neither files nor links', async () => {
    const repository = await made('00/secret', '0git/config', 'pipe');
    writeFileSync(join(dir, 'secret'), 'words');
    // Git adds no such paths, and reads them.
    const index = join(repository, '.git/index');
    const changed = readFileSync(index, 'latin1').replace('00/secret', '../secret').replace('0git/', '.git/');
    const content = Buffer.from(changed, 'latin1').subarray(0, -20);
    writeFileSync(index, Buffer.concat([content, createHash('sha1').update(content).digest()]));
    rmSync(join(repository, '00'), { recursive: true });
    rmSync(join(repository, '0git'), { recursive: true });
    rmSync(join(repository, 'pipe'));
    execFileSync('mkfifo', [join(repository, 'pipe')]);
    expect((await git(repository, ['ls-files'])).split('\n')).toEqual(['../secret', '.git/config', 'pipe']);
    expect(await listFiles(repository)).toEqual([]);
  });

  it('has each file once, also one in conflict', async () => {
    const repository = await made('a');
    const blob = execFileSync('git', ['-C', repository, 'rev-parse', 'HEAD:a'], { encoding: 'utf8' }).trim();
    const stages = [1, 2, 3].map((stage) => `100644 ${blob} ${stage}\ta\n`).join('');
    execFileSync('git', ['-C', repository, 'update-index', '--index-info'], {
      input: `0 ${'0'.repeat(40)}\ta\n${stages}`,
    });
    expect(await listFiles(repository)).toEqual(['a']);
  });
});

describe('the workflows that make act runs', () => {
  const all = startable(
    workflows({
      'w/called.yml': 'on: workflow_call\n',
      'w/night.yml': 'on: { schedule: [], workflow_dispatch: }\n',
      'w/pr.yaml': 'on: [push, pull_request]\n',
      'w/issues.yml': 'on: issues\n',
      'w/tags.yml': 'on: { push: { tags: [v*] } }\n',
      'w/both.yml': 'on: { push: { tags: [v*], branches: [main] } }\n',
    }),
  );
  const names = (given: string, of = all) => workflowsToRun(given, of).map(({ name }) => name);

  it('are those that one of three events starts', () => {
    expect([...all.values()].map(({ name, event, forTags }) => [name, event, forTags])).toEqual([
      ['night', 'workflow_dispatch', false],
      ['pr', 'pull_request', false],
      ['tags', 'push', true],
      ['both', 'push', false],
    ]);
  });

  it('are the named one, else the usual ones, else all', () => {
    expect(names('pr')).toEqual(['pr']);
    expect(names('night.yml')).toEqual(['night']);
    expect(names('')).toEqual(['night', 'pr', 'tags', 'both']);
    const usual = { 'pull-request.yml': 'on: push', 'nightly.yml': 'on: push', 'a.yml': 'on: push' };
    expect(names('', startable(workflows(usual)))).toEqual(['nightly', 'pull-request']);
  });

  it('are listed where the name is none of theirs', () => {
    expect(() => names('nigt')).toThrow("Did you mean 'night'? There are: night, pr, tags, both.");
    expect(() => names('called')).toThrow("There is no workflow 'called' that an event of make act starts");
    expect(() => names('', new Map())).toThrow(
      'There is no workflow that an event of make act starts. It knows the events workflow_dispatch, pull_request, push.',
    );
  });

  it('call the trees of this checkout, whatever release they name', () => {
    const trees = new Map([
      ['azl/actions@v1', '/trees/actions'],
      ['azl/toolchain@v1', '/trees/toolchain'],
    ]);
    const calling = workflows({
      'a.yml': `jobs:
  a: { uses: azl/actions/.github/workflows/build-distro.yml@0123 }
  b: { steps: [{ uses: azl/toolchain@v1-abc }, { uses: azl/other@v1 }, { uses: actions/checkout@v6 }] }
`,
    });
    expect(Object.fromEntries(withRefsOf(calling.values(), trees))).toEqual({
      'azl/actions@v1': '/trees/actions',
      'azl/actions@0123': '/trees/actions',
      'azl/toolchain@v1': '/trees/toolchain',
      'azl/toolchain@v1-abc': '/trees/toolchain',
    });
  });
});
