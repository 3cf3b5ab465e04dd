import * as core from '@actions/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { captureOutput, withoutOutput } from '../../../src/shared/github/capture-output.ts';

const written: string[] = [];
let spy: ReturnType<typeof vi.spyOn>;

beforeAll(() => {
  // What `quiet` finds at its first call is what it writes to: here, the terminal.
  spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
});
beforeEach(() => {
  vi.stubEnv('RUNNER_DEBUG', '');
  written.splice(0);
});
afterAll(() => {
  vi.unstubAllEnvs();
  spy.mockRestore();
});

/** A library that tells each of its steps. */
async function talk(): Promise<string> {
  core.info('Cache Size: ~0 MB');
  await new Promise((resolve) => setImmediate(resolve));
  core.warning('Failed to restore: Rate limited');
  core.error('Failed to restore: 503');
  core.setSecret('a-secret');
  return 'answer';
}

describe('a talkative library', () => {
  it('is hushed, but for warnings, errors and secrets', async () => {
    expect(await withoutOutput(talk)).toBe('answer');
    expect(written.join('')).not.toContain('Cache Size');
    expect(written.join('')).toMatch(/::warning::Failed.*\n::error::.*503\n::add-mask::a-secret/);
  });

  it('is overheard: its complaints are an answer and are not shown', async () => {
    const { value, complaints } = await captureOutput(talk);
    expect(value).toBe('answer');
    expect(complaints).toEqual(['Failed to restore: Rate limited', 'Failed to restore: 503']);
    expect(written.join('')).toMatch(/^::add-mask::a-secret\r?\n$/);
  });

  it('is kept apart from what others write meanwhile, and from itself', async () => {
    const both = Promise.all([captureOutput(talk), captureOutput(talk)]);
    core.warning('mine');
    for (const { complaints } of await both) expect(complaints).toHaveLength(2);
    expect(written.join('')).toContain('::warning::mine');
    expect(written.join('')).not.toContain('Rate limited');
  });
});
