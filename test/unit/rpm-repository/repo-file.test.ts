import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/shared/base/problems.ts';
import { parseRepoFile, readRepoFiles } from '../../../src/shared/repositories/repo-file.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { writeTree } from '../../support/trees.ts';

const newFolder = temporaryFolders();

const variables = { releasever: '3.0', basearch: 'x86_64', arch: 'x86_64' };
const parse = (text: string) => parseRepoFile(text, 'repos/azl.repo', variables);
const said = (text: string) => parse(text).problems.map(formatProblem);

const official = `# Packages of the distribution
[azurelinux-official-base]
name=Azure Linux Official Base $releasever $basearch
baseurl=https://packages.example/azurelinux/$releasever/prod/base/$basearch
gpgkey=file:///etc/pki/rpm-gpg/KEY
gpgcheck=1
repo_gpgcheck=1
enabled=1
skip_if_unavailable=True
sslverify=1

[azurelinux-official-base-source]
baseurl=ftp://nowhere/
enabled=0
`;

describe('a .repo file', () => {
  it('names its repositories with their places, keys and signatures; what is not enabled is left out', () => {
    expect(parse(official)).toEqual({
      repositories: [
        {
          id: 'azurelinux-official-base',
          addresses: ['https://packages.example/azurelinux/3.0/prod/base/x86_64/'],
          signedRpms: true,
          signedMetadata: true,
          keys: ['/etc/pki/rpm-gpg/KEY'],
          ...{ file: 'repos/azl.repo', line: 2 },
        },
      ],
      problems: [],
    });
  });

  it('has signed RPMs unless it says otherwise, keys beside it, several places, and values over several lines', () => {
    const { repositories, problems } = parse(
      '[a]\nbaseurl = http://one/$arch,\n  http://two/\x24{basearch}/\n; a comment\ngpgkey=keys/a.asc https://k/b\n[b]\nbaseurl=http://b\ngpgcheck=no\n',
    );
    expect(problems).toEqual([]);
    const [a, b] = repositories;
    expect(a?.addresses).toEqual(['http://one/x86_64/', 'http://two/x86_64/']);
    expect(a?.keys.map((key) => key.replace(process.cwd(), '.'))).toEqual([
      './repos/keys/a.asc',
      'https://k/b',
    ]);
    expect([a?.signedRpms, a?.signedMetadata, b?.signedRpms]).toEqual([true, false, false]);
  });

  it.each<[string, string, string[]]>([
    ['nothing', '', ['repos/azl.repo: No repository in it is enabled']],
    ['all off', '[a]\nenabled=0\n', ['repos/azl.repo: No repository in it is enabled']],
    [
      'no place and no key',
      '[a]\nname=A\n',
      [
        "repos/azl.repo:1: The repository 'a' has no baseurl",
        "repos/azl.repo:1: The repository 'a' has no gpgkey. Name the public key that signs it, or write gpgcheck=0.",
      ],
    ],
    [
      'a folder',
      '[a]\ngpgcheck=0\nbaseurl=file:///localrepo\n',
      [
        "repos/azl.repo:3: 'file:///localrepo/' is not an http or https address. Give a folder of RPMs as the input 'rpms-dir'.",
      ],
    ],
    [
      'what is not supported, and what is nothing',
      '[a]\ngpgcheck=0\nbaseurl=http://a\nmetalink=http://b\ngpgchek=1\nsslverify=0\n',
      [
        "repos/azl.repo:4: The option 'metalink' is not supported. Remove it, and name each place in baseurl.",
        "repos/azl.repo:5: 'gpgchek' is not an option of a repository. Did you mean 'gpgcheck'?",
      ],
    ],
    [
      'nobody looks at certificates',
      '[a]\ngpgcheck=0\nbaseurl=https://a\nsslverify=0\n',
      [
        'repos/azl.repo:4: sslverify=0 is not supported. Use an http address if its identity does not matter.',
      ],
    ],
    [
      'a variable, and a flag',
      '[a]\nbaseurl=http://a/$releasver\ngpgcheck=2\n',
      [
        "repos/azl.repo:3: gpgcheck is '2', expected 1 or 0",
        'repos/azl.repo:2: $releasver has no value. There are $releasever, $basearch, $arch.',
      ],
    ],
    [
      'lines',
      'name=x\n[a b]\nbaseurl=http://a\ngpgcheck=0\nwhat\n[a]\nbaseurl=http://a\ngpgcheck=0\n[a]\nenabled=0\n',
      [
        "repos/azl.repo:1: 'name=x' is not an option of a repository. Write '[id]', then 'option=value' lines.",
        "repos/azl.repo:2: 'a b' is not a name of a repository",
        "repos/azl.repo:5: 'what' is not an option of a repository. Write '[id]', then 'option=value' lines.",
        "repos/azl.repo:9: The repository 'a' is defined twice",
      ],
    ],
    [
      'what dnf reads in another way',
      '[a]\ngpgcheck=0\nbaseurl=http://a\n# one\n  http://b\ngpgkey: k\nENABLED=0\n [b]\n',
      [
        "repos/azl.repo:5: 'http://b' is not an option of a repository. Write '[id]', then 'option=value' lines.",
        "repos/azl.repo:6: 'gpgkey: k' is not an option of a repository. Write '[id]', then 'option=value' lines.",
        "repos/azl.repo:8: '[b]' is not an option of a repository. Write '[id]', then 'option=value' lines.",
        "repos/azl.repo:7: 'ENABLED' is not an option of a repository. Did you mean 'enabled'?",
      ],
    ],
  ])('with %s says so', (_what, text, problems) => {
    expect(said(text)).toEqual(problems);
  });

  it('never throws, and what it lets through can be asked for', () => {
    const line = fc.oneof(
      fc.constantFrom('[a]', '[b]', 'baseurl=http://a', 'gpgcheck=0', 'enabled=1', ' http://b', '$arch'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { repositories, problems } = parse(lines.join('\n'));
        if (repositories.length === 0) expect(problems).not.toEqual([]);
        if (problems.length > 0) return;
        for (const { id, addresses } of repositories) {
          expect(id).toMatch(/^[\w.:-]+$/);
          for (const address of addresses) expect(new URL(address).protocol).toMatch(/^https?:$/);
        }
      }),
    );
  });
});

it('takes a key from beside the file, where it is not installed', async () => {
  const dir = newFolder();
  const key = 'file:///etc/pki/rpm-gpg/NOT-INSTALLED-KEY';
  const text = (keys: string) => `[a]\nbaseurl=https://x.example/\ngpgkey=${keys}\n`;
  await writeTree(dir, {
    'a.repo': text(`${key} https://x.example/NOT-INSTALLED-KEY`),
    'b/b.repo': text(key),
    'NOT-INSTALLED-KEY': '',
  });
  const keysOf = async (file: string) => {
    const found = await readRepoFiles([join(dir, file)], { releasever: '3.0', arch: 'x86_64' });
    return found.flatMap(({ keys }) => keys);
  };
  expect(await keysOf('a.repo')).toEqual([
    join(dir, 'NOT-INSTALLED-KEY'),
    'https://x.example/NOT-INSTALLED-KEY',
  ]);
  expect(await keysOf('b/b.repo')).toEqual(['/etc/pki/rpm-gpg/NOT-INSTALLED-KEY']);
});
