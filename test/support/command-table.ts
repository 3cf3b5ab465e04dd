/** Why no test runs a command. */
export type Unrun =
  /** It asks or changes a repository on GitHub. */
  | 'GitHub'
  /** It takes long, or facts that are not part of this repository. */
  | 'long'
  /** It changes what the machine has installed. */
  | 'machine'
  /** It names an option or a habit, and is not to be typed. */
  | 'name';

/** What shows that a command works. */
export type Proof =
  /** Run as it is written by test/e2e/documented-commands.test.ts. */
  | { by: 'here' }
  /** Run by a file, which has these words where it does so. */
  | { by: 'file'; file: string; words: string }
  | { by: 'nothing'; why: Unrun; reason: string };

const here: Proof = { by: 'here' };
const file = (path: string, words: string): Proof => ({ by: 'file', file: path, words });
const unrun = (why: Unrun, reason: string): Proof => ({ by: 'nothing', why, reason });

const bench = (script: string) => unrun('long', `a benchmark: ${script}`);
const onGitHub = unrun('GitHub', 'it needs a repository there, and a login');
const ci = (words: string) => file('scripts/test.ts', words);

/** Each command that a document or the help shows, by its form (see `formOf`), with what shows that it works. */
export const commandTable: Readonly<Record<string, Proof>> = {
  make: here,
  'make doctor': here,
  'make toolchain': here,
  'make toolchain UPDATE_LOCK': file('test/integration/cli/chain.test.ts', "'toolchain', 'UPDATE_LOCK=1'"),
  'make validate-toolchain': here,
  'make compress-toolchain': here,
  'make check-manifests': file('test/integration/cli/toolchain-targets.test.ts', "make('check-manifests'"),
  'make init': here,
  'make plan': here,
  'make input-srpms': here,
  'make build-packages': here,
  'make build-packages PACKAGE_BUILD_LIST': here,
  'make build-packages PACKAGE_LIMITS': here,
  'make build-packages DEBUG': here,
  'make DEBUG': file('test/integration/cli/chain.test.ts', "'toolchain', 'DEBUG=1'"),
  'make signatures': here,
  'make signatures PACKAGE': here,
  'make shell': file('test/e2e/shell.test.ts', "[cli, 'shell']"),
  'make shell PACKAGE': file('test/e2e/shell.test.ts', 'PACKAGE: name'),
  'make image': ci("'make', '--no-print-directory', 'image'"),
  'make image CONFIG_FILE': file('test/e2e/user.test.ts', '`CONFIG_FILE=$'),
  'make image SPECS_DIR': file('test/e2e/user.test.ts', "make('image', ...ownPlaces(dir)"),
  'make image REPO_LIST': file('test/integration/image/compose.test.ts', 'repoList: [join('),
  'make run': file('test/e2e/first-minutes.test.ts', 'terminal.start(run)'),
  'make clean': here,
  'make clean-all': here,

  'make test': file('.ci/run', 'start.sh test-ci'),
  'make lint': ci("['biome', 'ci'"),
  'make dist': ci("'scripts/check-dist.ts'"),
  'make publish-trees': file('test/integration/scripts/publish-trees.test.ts', 'await publishTrees('),
  'make publish-trees DIR': file('test/integration/scripts/publish-trees.test.ts', 'await publishTrees('),
  'make act': file('test/act/nightly.test.ts', "repository.run('nightly.yml')"),
  'make act REPO': file('test/act/make-act.test.ts', "'REPO=distro'"),
  'make act WORKFLOW': file('test/act/nightly.test.ts', "repository.run('nightly.yml')"),
  'make azure-linux TREE': file('test/e2e/azure-linux.test.ts', 'TREE='),
  'make test-full': unrun('long', 'an hour and more'),
  'make test-hosts': unrun('long', 'it installs another Debian'),
  'make bench': bench('bench/run.ts'),
  'make bench-start': bench('bench/start.ts'),
  'make bench-schedule': bench('bench/schedule/run.ts'),
  'make bench-schedule FACTS_DIR': bench('bench/schedule/run.ts'),
  'make bench-plan': bench('bench/plan/run.ts'),
  'make bench-plan FACTS_DIR': bench('bench/plan/run.ts'),
  'make bench-tree': bench('bench/plan/tree.ts'),
  'make bench-tree TREE': bench('bench/plan/tree.ts'),
  'make bench-index': bench('bench/index/run.ts'),
  'make bench-index FACTS_DIR': bench('bench/index/run.ts'),
  '.ci/run': unrun('long', 'it is what runs all tests'),
  'node scripts/action-docs.ts': file('test/unit/repo-checks/docs.test.ts', 'actionReadmes()'),
  'node scripts/cut-openapi.ts': file('test/unit/services/openapi.test.ts', 'cutDescription('),
  'npm test': file('package.json', '"test": "'),
  'npm run lint': file('package.json', '"lint": "'),
  'npm run dist': file('package.json', '"dist": "'),
  'npm ci': file('test/integration/scripts/install.test.ts', 'ci'),
  ...Object.fromEntries(
    ['unit', 'integration', 'bundle', 'e2e', 'act'].map((layer): [string, Proof] => [
      `npx vitest run --project ${layer}`,
      ci(layer === 'act' ? "'act'" : `'${layer}'`),
    ]),
  ),
  'npx vitest run --project unit test/unit/rpm/header.test.ts': file('vitest.config.ts', "'unit'"),

  "gh cache list --key azl- --limit 1000 --json id --jq '.[].id' | xargs -n 1 gh cache delete": onGitHub,
  'gh cache delete --all': onGitHub,
  'gh run download': onGitHub,
  'dnf --repofrompath': file('test/e2e/run-page.test.ts', 'installs with the commands of the page'),
  'gh api repos/<owner>/<repository>/actions/artifacts --jq \'.artifacts[] | "\\(.id) \\(.name) \\(.size_in_bytes)"\'':
    onGitHub,
  'gh api --method DELETE repos/<owner>/<repository>/actions/artifacts/<id>': onGitHub,
  'gh release delete <tag> --cleanup-tag': onGitHub,
  "git ls-remote https://github.com/azl/actions 'v1*'": onGitHub,
  'git push --force <repository> main v1': onGitHub,
  'git push <repository> v1-<commit>': onGitHub,
  './config.sh --ephemeral': onGitHub,
  'dnf --repofrompath=mine,https://<owner>.github.io/<repository>/ --setopt=mine.gpgcheck=0 install <package>':
    unrun('GitHub', 'its repository is a site of GitHub Pages'),

  'apt-get remove': unrun('machine', 'it removes packages'),
  'apt-get source bash=5.2.15-2+b13': unrun('machine', 'it needs deb-src in the sources of apt'),
  'sudo apt-get install ovmf': unrun('machine', 'it installs a package'),
  'sudo apt-get update': unrun('machine', 'it fetches the lists of the machine'),
  'sudo -n': unrun('name', 'how azl calls sudo'),
};
