import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { installBlock } from '../../../src/shared/report/install-block.ts';

/** Returns what a shell writes into the `.repo` file of the page. */
function repoFile(artifact: string, repository = 'owner/name'): string {
  const page = installBlock({ artifact, repository, run: '7' });
  const [, , script = ''] = page.split('```sh\n').map((part) => part.split('\n```')[0]);
  const shell = `sudo() { cat; }; cd /usr/lib; ${script}\n`;
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', shell], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

it('the page writes a file for dnf that names the downloaded folder', () => {
  expect(repoFile('azl-rpms-x86_64')).toBe(
    '[azl]\nname=owner/name, run 7\nbaseurl=file:///usr/lib/azl-rpms-x86_64\ngpgcheck=0\n',
  );
});

it.each([
  'a$(echo ran)',
  'a`echo ran`',
  'a$PWD',
  'a\\',
  'a b',
  "a'b",
])('the name %s of an artifact runs nothing when the page is pasted', (name) => {
  const [, title, address = ''] = repoFile(name, name).split('\n');
  expect(title).toBe(`name=${name}, run 7`);
  expect(address).not.toMatch(/\s/);
  expect(decodeURIComponent(address)).toBe(`baseurl=file:///usr/lib/${name}`);
});
