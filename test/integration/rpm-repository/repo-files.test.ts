import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runShortTool } from '../../../src/shared/host/short-tool.ts';
import { isWeb, parseRepoFile } from '../../../src/shared/repositories/repo-file.ts';

const helper = fileURLToPath(new URL('./read_repo_files.py', import.meta.url));

/** Returns the enabled repositories of each text as dnf reads them. */
async function readByDnf(texts: readonly string[]): Promise<unknown[]> {
  const { stdout } = await runShortTool(['/usr/bin/python3', helper], { input: JSON.stringify(texts) });
  const found = JSON.parse(stdout) as { keys: string[] }[][];
  // A relative key is relative to the file's folder here, and left as it is by dnf.
  const absolute = (key: string) => (isWeb(key) ? key : `/${key}`);
  return found.map((all) => all.map((one) => ({ ...one, keys: one.keys.map(absolute) })));
}

function read(text: string) {
  const { repositories, problems } = parseRepoFile(text, '/test.repo', {
    ...{ releasever: '3.0', basearch: 'x86_64', arch: 'x86_64' },
  });
  const asDnf = repositories.map(({ file: _file, line: _line, ...one }) => one);
  return { repositories: asDnf, problems };
}

const lines = fc.constantFrom(
  ...['[a]', '[b-c:d.e]  ', '[a]', ' [f]', '[g] # h', '[ i ]'],
  ...[
    'baseurl=http://one/',
    'baseurl = http://one/$basearch,http://two/\x24{arch}/x//',
    'baseurl=',
    'baseurl: http://x/',
  ],
  ...[
    'BASEURL=http://upper/',
    'baseurl=http://one/ # two',
    'baseurl="http://quoted/"',
    'baseurl\t=\thttps://tab/$releasever',
  ],
  ...[
    'gpgcheck=0',
    'gpgcheck=On',
    'gpgcheck = false',
    'gpgcheck=',
    'gpgcheck=2',
    'repo_gpgcheck=TRUE',
    'repo_gpgcheck=no',
  ],
  ...['enabled=1', 'enabled=0', 'enabled=yes', 'enabled = no', 'enabled=maybe'],
  ...['gpgkey=https://keys/a', 'gpgkey=https://keys/a https://keys/b', 'name=A name = b', 'x=y', 'words'],
  ...[
    '  http://more/',
    '\thttp://more/,',
    '  https://keys/c',
    '  gpgcheck=0',
    '  # c',
    '# c',
    '; c',
    '',
    '   ',
  ],
);

describe('a .repo file', () => {
  it('that is taken is read as dnf reads it, whatever its lines are', async () => {
    const head = '[first]\ngpgcheck=0\nbaseurl=http://first/\n';
    const made = fc.tuple(fc.array(lines, { maxLength: 7 }), fc.constantFrom('\n', '\r\n'));
    const texts = fc.sample(made, { numRuns: 2000, seed: 1 }).map(([all, end]) => head + all.join(end) + end);
    const taken = texts.filter((text) => read(text).problems.length === 0);
    // Both kinds are there: those that are taken, and those that are refused.
    expect(taken.length).toBeGreaterThan(100);
    expect(taken.length).toBeLessThan(texts.length - 100);
    const theirs = await readByDnf(taken);
    for (const [index, text] of taken.entries())
      expect(read(text).repositories, JSON.stringify(text)).toEqual(theirs[index]);
  });
});
