import { describe, expect, it } from 'vitest';
import { runnerEnvironment } from '../../../cli/src/runner.ts';

describe("the runner's environment", () => {
  const paths = { workspace: '/w', temp: '/w/t', files: '/w/f' };

  it('has inputs, paths and command files, and few variables of the user', () => {
    const env = runnerEnvironment({ 'specs-dir': 'S', 'a b': '1' }, paths, {
      PATH: '/bin',
      SECRET: 'x',
      LANG: 'C',
    });
    expect(env).toEqual({
      PATH: '/bin',
      LANG: 'C',
      'INPUT_SPECS-DIR': 'S',
      INPUT_A_B: '1',
      GITHUB_WORKSPACE: '/w',
      GITHUB_OUTPUT: '/w/f/github_output',
      GITHUB_STATE: '/w/f/github_state',
      GITHUB_ENV: '/w/f/github_env',
      GITHUB_PATH: '/w/f/github_path',
      GITHUB_STEP_SUMMARY: '/w/f/github_step_summary',
      RUNNER_TEMP: '/w/t',
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    });
  });
});
