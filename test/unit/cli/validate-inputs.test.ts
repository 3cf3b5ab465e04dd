import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readActions } from '../../../cli/src/action-file.ts';
import { distributionOf } from '../../../cli/src/distribution.ts';
import { pathsOf } from '../../../cli/src/paths.ts';
import type { TargetName } from '../../../cli/src/targets.ts';
import { inputProblems } from '../../../cli/src/validate-inputs.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { formatProblem } from '../../../src/shared/base/problems.ts';
import { writeTree } from '../../support/trees.ts';

const actions = readActions(join(repository, 'actions'));
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'azl-validate-'));
  cpSync(join(repository, 'examples/distro/imageconfigs'), join(dir, 'imageconfigs'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

/** What is said of a target, with paths below the test's folder as seen from there. */
async function said(target: TargetName, given: Record<string, string> = {}): Promise<string[]> {
  const environment = {
    SPECS_DIR: join(dir, 'SPECS'),
    CONFIG_FILE: join(dir, 'imageconfigs/minimal.json'),
    ...given,
  };
  const paths = pathsOf({}, dir, dir);
  const distribution = distributionOf(target, environment, dir);
  const found = await inputProblems(target, { actions, environment, paths, distribution });
  return found.map((one) => formatProblem(one).replaceAll(`${dir}/`, ''));
}

const specs = {
  'SPECS/a/a.spec': '',
  'SPECS/b/b.spec': '',
  'SPECS/b/b.signatures.json': '{"Signatures":{}}',
};

describe('the check of inputs', () => {
  it('finds no problem in valid input', async () => {
    await writeTree(dir, specs);
    for (const target of ['toolchain', 'plan', 'input-srpms', 'build-packages', 'image'] as const)
      expect(await said(target), target).toEqual([]);
    expect(await said('signatures', { PACKAGE: 'b' })).toEqual([]);
  });

  it('finds every problem, each once', async () => {
    await writeTree(dir, { ...specs, 'bad.json': '{\n  "Disks": [}' });
    mkdirSync(join(dir, 'empty'));
    expect(
      await said('image', {
        ...{
          TOOLCHAIN_MODE: 'archives',
          UPDATE_LOCK: '2',
          RUN_CHECK: 'maybe',
          CONCURRENT_PACKAGE_BUILDS: '0',
        },
        ...{
          REPO_LIST: 'x',
          BOOT_TEST: 'ys',
          BOOT_TIMEOUT: '5',
          SPECS_DIR: join(dir, 'empty'),
          CONFIG_FILE: join(dir, 'bad.json'),
        },
      }),
    ).toEqual([
      expect.stringContaining(
        "(TOOLCHAIN_MODE) is 'archives', expected one of auto, bootstrap, download, archive. Did you mean",
      ),
      expect.stringContaining("(UPDATE_LOCK) is '2', expected true or false"),
      expect.stringContaining("(RUN_CHECK) is 'maybe', expected true or false"),
      expect.stringContaining("(CONCURRENT_PACKAGE_BUILDS) is '0', expected a whole number, at least 1"),
      expect.stringMatching(/^empty: the folder holds no spec\./),
      'bad.json:2:13: This is not JSON: expected a value, but found "}"',
      expect.stringContaining("(BOOT_TEST) is 'ys', expected true or false"),
      expect.stringContaining("(BOOT_TIMEOUT) is '5', expected a whole number, from 10 to 21600"),
      'x: This .repo file cannot be read (no such file)',
    ]);
  });

  it.each<[string, TargetName, Record<string, string>, Record<string, string>, (string | RegExp)[]]>([
    ['inputs of other actions', 'toolchain', {}, { RUN_CHECK: 'maybe', SPECS_DIR: '/nowhere' }, []],
    [
      'no folder of specs',
      'plan',
      {},
      {},
      [
        "Input 'specs-dir' (SPECS_DIR) is 'SPECS', which does not exist. Give the folder that holds <name>/<name>.spec.",
      ],
    ],
    [
      'two specs of one name',
      'input-srpms',
      { ...specs, 'SPECS/c/a.spec': '' },
      {},
      [/^SPECS\/c\/a\.spec: this spec has the same name as SPECS\/a\/a\.spec\./],
    ],
    [
      'signatures that are no JSON',
      'build-packages',
      { ...specs, 'SPECS/a/a.signatures.json': '{\n "Signatures" {}}' },
      {},
      [/^SPECS\/a\/a\.signatures\.json:2:15: This is not JSON: expected ':'/],
    ],
    [
      'signatures of what nobody asked for',
      'build-packages',
      { ...specs, 'SPECS/a/a.signatures.json': '?' },
      { PACKAGE_BUILD_LIST: 'b' },
      [],
    ],
    [
      'a list of Debian sources',
      'plan',
      { ...specs, 'debian-sources.json': '[]' },
      {},
      [/^debian-sources\.json \$\.suite: /, /^debian-sources\.json \$\.files: /],
    ],
    [
      'no list of Debian sources',
      'plan',
      specs,
      { DEBIAN_SOURCES: 'no.json' },
      [/^no\.json: .*\(no such file\)$/],
    ],
    [
      'words that rpm does not take',
      'plan',
      specs,
      { DIST_TAG: '.a b', DIST_NAME_ABRV: '%{azl}', RELEASE_MAJOR_ID: '3-1', SOURCE_URL: 'mirror/' },
      [/\(SOURCE_URL\) is/, /\(DIST_TAG\) is/, /\(DIST_NAME_ABRV\) is/, /\(RELEASE_MAJOR_ID\) is/],
    ],
    [
      'words that it takes',
      'plan',
      specs,
      {
        DIST_TAG: '.azl3~rc1',
        DIST_NAME_ABRV: 'my_distro',
        RELEASE_MAJOR_ID: '4',
        SOURCE_URL: 'http://[::1]:8/x',
      },
      [],
    ],
    ['no image config', 'image', specs, { CONFIG_FILE: 'no.json' }, [/^no\.json: .*\(no such file\)$/]],
    ['a folder for a config', 'image', specs, { CONFIG_FILE: '/' }, [/^\/: .*\(it is no regular file\)$/]],
    [
      'a config with several mistakes',
      'image',
      { ...specs, 'c.json': '{"Disks": [{"PartitionTableType": "mbr"}], "SystemConfigs": 1}' },
      { CONFIG_FILE: 'c.json' },
      [
        /^c\.json \$\.Disks\[0\]\.PartitionTableType: /,
        /^c\.json \$\.SystemConfigs: /,
        /^c\.json \$\.Disks\[0\]\.MaxSize: /,
      ],
    ],
    [
      'a config that names what is not there',
      'image',
      { ...specs, 'imageconfigs/packagelists/base.json': '{"packages": [1]}' },
      {},
      [/^imageconfigs\/packagelists\/base\.json \$\.packages\[0\]: 1 is not a package/],
    ],
    [
      'several configs with mistakes',
      'plan',
      { ...specs, 'c d.json': '{"Disks": 1, "SystemConfigs": []}', 'e.json': '?' },
      { CONFIG_FILE: '["%/c d.json", "%/e.json", "%/no.json"]' },
      [
        /^c d\.json \$\.Disks: /,
        /^c d\.json \$\.SystemConfigs: /,
        /^e\.json:1:1: This is not JSON/,
        /^no\.json: .*\(no such file\)$/,
      ],
    ],
    [
      'an array of configs',
      'image',
      specs,
      { CONFIG_FILE: '["%/imageconfigs/minimal.json", "%/imageconfigs/minimal.json"]' },
      [],
    ],
    [
      'several configs',
      'image',
      { ...specs, 'c.json': '{"Disks": 1, "SystemConfigs": []}' },
      { CONFIG_FILE: '["%/imageconfigs/minimal.json", "%/c.json"]' },
      [
        /^c\.json \$\.Disks: /,
        /^c\.json \$\.SystemConfigs: /,
        /\(CONFIG_FILE\) is .*, not of several\. Make one image/,
      ],
    ],
    ['no package: all', 'signatures', specs, {}, []],
    [
      'an unknown package',
      'signatures',
      { ...specs, 'SPECS/bash.spec': '' },
      { PACKAGE: 'bsh a bssh  quite-other' },
      [
        "There is no package 'bsh' in SPECS. Did you mean 'bash'?",
        "There is no package 'bssh' in SPECS. Did you mean 'bash'?",
        "There is no package 'quite-other' in SPECS. The name of a package is the name of its spec without .spec.",
      ],
    ],
    [
      'broken signatures that will be written',
      'signatures',
      { ...specs, 'SPECS/a/a.signatures.json': '?' },
      { PACKAGE: 'a' },
      [],
    ],
    ['no variable of an action', 'clean', {}, { RUN_CHECK: 'maybe' }, []],
  ])('of %s, for %s', async (_what, target, files, given, expected) => {
    await writeTree(dir, files);
    for (const name of ['CONFIG_FILE', 'DEBIAN_SOURCES'])
      if (given[name]?.endsWith('.json')) given[name] = join(dir, given[name]);
      else if (given[name]) given[name] = given[name].replaceAll('%', dir);
    expect(await said(target, given)).toEqual(
      expected.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))),
    );
  });
});
