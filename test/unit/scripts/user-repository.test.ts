import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
import { commitAll, listFiles } from '../../../scripts/git.ts';
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

  it('has a name', () => {
    expect(nameOf(checkout)).toBe('azl/actions');
    expect(nameOf(dir)).toBe(`local/${basename(dir)}`);
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
