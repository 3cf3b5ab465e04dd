import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BundleRun, startBundle } from '../support/bundle.ts';
import { withoutApt, withoutMounts, withRelease } from '../support/other-machine.ts';
import { newWorkspace, removeWorkspace } from '../support/workspace.ts';

let dir: string;
beforeEach(() => {
  dir = newWorkspace();
});
afterEach(() => removeWorkspace(dir));

function release(text: string): string {
  const file = join(dir, '.release');
  writeFileSync(file, text);
  return file;
}

/** Starts the action on another machine, where it must not come to its work. */
async function run(
  starter: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<BundleRun> {
  return await startBundle('toolchain', { 'toolchain-mode': 'nonsense' }, dir, starter, environment).ended;
}

function errorsOf({ code, said }: BundleRun): string[] {
  expect(code).toBe(1);
  expect(said).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(readdirSync(dir).filter((name) => !name.startsWith('.'))).toEqual([]);
  return said.split('\n').filter((line) => line.startsWith('::error'));
}

it.each<[string, () => readonly string[], RegExp]>([
  [
    'Fedora, which has no apt',
    () => withoutApt(release('ID=fedora\nPRETTY_NAME="Fedora Linux 42"\n')),
    /apt, and this is Fedora Linux 42, \w+\. Use a machine with Debian 12/,
  ],
  [
    'an old Ubuntu',
    () => withRelease(release('ID=ubuntu\nVERSION_ID="22.04"\n')),
    /azl needs Ubuntu 24\.04 or newer, and this is .*debian:13/,
  ],
  [
    'a container that may not mount',
    withoutMounts,
    /Even root may not mount here \(unshare: .*\)\. Start the container with --privileged/,
  ],
])('%s: one sentence and a way on, before anything is read or installed', async (_name, starter, sentence) => {
  const errors = errorsOf(await run(starter()));
  expect(errors).toEqual([expect.stringMatching(sentence)]);
});

it('a proxy that is none: one sentence that does not show it', async () => {
  const bad = { https_proxy: 'socks5://me:secret@127.0.0.1:9', RUNNER_DEBUG: '1' };
  const ended = await run([], bad);
  expect(errorsOf(ended)).toEqual([
    expect.stringMatching(/https_proxy names no http or https proxy.*unset https_proxy/),
  ]);
  expect(ended.said).not.toContain('secret');
});

it('GitHub Enterprise Server, or an old runner: a warning says what is missing, and the work goes on', async () => {
  const server = { GITHUB_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://github.example.com' };
  const onServer = await run([], server);
  expect(onServer.said).toMatch(/^::warning.*GitHub Enterprise Server has neither artifacts/m);
  expect(errorsOf(onServer)).toEqual([expect.stringContaining('nonsense')]);
  const old = await run([], { GITHUB_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://github.com' });
  expect(old.said).toMatch(/^::warning.*The runner gives no ACTIONS_RESULTS_URL: .*2\.327\.1/m);
});
