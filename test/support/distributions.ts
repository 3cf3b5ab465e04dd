import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tinyPackages, writeTree } from './tiny-distro.ts';

const example = fileURLToPath(new URL('../../examples/distro', import.meta.url));

/** A file in the sources of a package. */
export interface SourceFile {
  package: string;
  file: string;
}

/** A distribution that a suite runs on: `SPECS/` and `imageconfigs/minimal.json` below a folder. */
export interface Distribution {
  name: string;
  /** Writes it into an empty folder. */
  write(dir: string): Promise<void>;
  /** Packages for edits, each before those that need it; each makes an RPM of its own name. */
  packages: readonly string[];
  /** Files of C. A comment in one builds its package and no other. */
  commentable: readonly SourceFile[];
  /** One line of a library, and another for it that breaks what its `%check` looks at. */
  breakable: SourceFile & { line: string; by: string };
}

/** Packages that build in a second each, and an image of them on what every image needs. */
const madeUp: Distribution = {
  name: 'made-up',
  write: async (dir) => {
    await writeTree(join(dir, 'SPECS'), tinyPackages());
    const from = join(example, 'imageconfigs');
    const to = join(dir, 'imageconfigs');
    mkdirSync(to);
    const { packages } = JSON.parse(readFileSync(join(from, 'packagelists/base.json'), 'utf8')) as {
      packages: string[];
    };
    const list = [...packages.filter((name) => name !== 'example-release'), 'gamma', 'delta'];
    writeFileSync(join(to, 'packages.json'), JSON.stringify({ packages: list }));
    const config = JSON.parse(readFileSync(join(from, 'minimal.json'), 'utf8'));
    config.Disks[0].Artifacts = [{ Name: 'made-up', Type: 'raw' }];
    Object.assign(config.SystemConfigs[0], {
      Name: 'made-up',
      PackageLists: ['packages.json'],
      AdditionalFiles: {},
      PostInstallScripts: [],
    });
    writeFileSync(join(to, 'minimal.json'), JSON.stringify(config));
  },
  packages: ['tiny-macros', 'alpha', 'beta', 'gamma', 'delta'],
  commentable: ['alpha', 'beta'].map((name) => ({ package: name, file: `${name}.c` })),
  breakable: {
    package: 'alpha',
    file: 'alpha.c',
    line: 'return ALPHA_LIMIT;',
    by: 'return ALPHA_LIMIT + 1;',
  },
};

const real: Distribution = {
  name: 'example',
  write: async (dir) => {
    cpSync(example, dir, { recursive: true });
  },
  packages: ['example-rpm-macros', 'attr', 'acl', 'ncurses', 'readline', 'gdbm', 'lua'],
  commentable: [
    { package: 'attr', file: 'libattr/libattr.c' },
    { package: 'hello', file: 'src/hello.c' },
    { package: 'lua', file: 'src/lcode.c' },
  ],
  breakable: {
    package: 'bzip2',
    file: 'bzlib_private.h',
    line: '#define BZ_N_ITERS  4',
    by: '#define BZ_N_ITERS  2',
  },
};

/** Without `make test-full`, suites of many whole runs see the made-up one alone: a run of the real one takes minutes. */
export const distributions: readonly Distribution[] =
  process.env['AZL_TEST_FULL'] === '1' ? [madeUp, real] : [madeUp];
