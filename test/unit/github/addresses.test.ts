import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  artifactAddress,
  fileAddress,
  runAddress,
  workspacePath,
} from '../../../src/shared/github/addresses.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();
const sha = 'c'.repeat(40);
let workspace: string;

beforeEach(() => {
  workspace = temporary();
  const environment = {
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'me/distro',
    GITHUB_RUN_ID: '7',
    GITHUB_SHA: sha,
    GITHUB_WORKSPACE: workspace,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());

describe('the path of a file in the workspace', () => {
  it.each([
    ['SPECS/a/a.spec', 'SPECS/a/a.spec'],
    ['SPECS/../a.spec', 'a.spec'],
    ['..a/a.spec', '..a/a.spec'],
    ['../a.spec', undefined],
  ])('%s is %s', (file, path) => expect(workspacePath(join(workspace, '.', file))).toBe(path));

  it('is the path itself outside of a run', () => {
    vi.stubEnv('GITHUB_ACTIONS', '');
    expect(workspacePath('/elsewhere/a.spec')).toBe('/elsewhere/a.spec');
  });

  it('is as the folder of the process says, for a relative one', () => {
    vi.stubEnv('GITHUB_WORKSPACE', process.cwd());
    expect(workspacePath('SPECS/a.spec')).toBe('SPECS/a.spec');
  });
});

describe('an address on GitHub', () => {
  it('is of the run, its artifacts, and files at its commit', () => {
    expect(runAddress()).toBe('https://github.com/me/distro/actions/runs/7');
    expect(artifactAddress(12)).toBe('https://github.com/me/distro/actions/runs/7/artifacts/12');
    expect(fileAddress(join(workspace, 'SPECS/a/a.spec'), 3)).toBe(
      `https://github.com/me/distro/blob/${sha}/SPECS/a/a.spec#L3`,
    );
  });

  it('is none outside of a run, or where the run is not known', () => {
    const file = join(workspace, 'a.spec');
    for (const name of ['GITHUB_ACTIONS', 'GITHUB_SERVER_URL', 'GITHUB_REPOSITORY']) {
      vi.stubEnv(name, '');
      expect([runAddress(), artifactAddress(1), fileAddress(file)], name).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it('is none of a file outside of the workspace, or of another repository in it', () => {
    mkdirSync(join(workspace, 'other/.git'), { recursive: true });
    expect(fileAddress(join(workspace, '../a.spec'))).toBeUndefined();
    expect(fileAddress(join(workspace, 'other/SPECS/a/a.spec'))).toBeUndefined();
    expect(fileAddress(join(workspace, 'others/SPECS/a/a.spec'))).toBeDefined();
  });

  it('has no character that ends a link of Markdown, and leads to the file, whatever its name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[^/\\0.][^/\\0]{0,20}$/), (name) => {
        const address = fileAddress(join(workspace, 'SPECS', name), 1) as string;
        expect(address).toMatch(/^https:[\w./%#-]+$/);
        expect(decodeURIComponent(address)).toContain(`/SPECS/${name}#L1`);
      }),
    );
  });
});
