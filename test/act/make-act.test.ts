import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitAll } from '../../scripts/git.ts';
import { building, tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { startMake } from '../support/whole-run.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';

const top = newWorkspace();
const dir = join(top, 'distro');

/** A plan alone, with the toolchain of this checkout, which jobs on this machine see: it takes seconds. */
const workflow = (toolchainDir: string) => `on: workflow_dispatch
permissions:
  contents: read
jobs:
  plan:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@d23441a48e516b6c34aea4fa41551a30e30af803 # v6.1.0
      - id: plan
        uses: azl/build-packages/plan@0123456789abcdef0123456789abcdef01234567 # another release
        with:
          toolchain-dir: ${toolchainDir}
      - run: echo "for $GITHUB_REPOSITORY, to build \${{ steps.plan.outputs.build-count }}"
`;

beforeAll(async () => {
  mkdirSync(join(dir, '.github/workflows'), { recursive: true });
  writeFileSync(join(dir, '.github/workflows/plan.yml'), workflow((await testWorker()).dir));
  await writeTree(join(dir, 'SPECS'), tinyPackages());
  await commitAll(dir, 'A distribution', '2025-01-01T00:00:00Z');
  // What is not committed counts, too.
  await writeTree(join(dir, 'SPECS'), building('epsilon', ':'));
});
afterAll(async () => {
  await removeWorkspace(top);
});

const act = async (variables: string[], cwd: string) => await startMake(['act', ...variables], cwd).ended;

describe('make act', () => {
  it('runs a workflow of the repository that REPO names, with the actions of this checkout', async () => {
    const { code, said } = await act(['REPO=distro', 'WORKFLOW=plan'], top);
    expect(code, said).toBe(0);
    expect(said).toMatch(/for local\/distro, to build 3$/m);
    expect(leftBehind(top)).toEqual([]);
  });

  it('says which workflows there are in the repository in which the user stands', async () => {
    const { code, said } = await act(['WORKFLOW=plam'], dir);
    expect(code).toBe(2);
    expect(said).toContain(
      "There is no workflow 'plam' that an event of make act starts. Did you mean 'plan'? There are: plan.",
    );
  });

  it('says in one message that REPO is no repository, or has no workflow', async () => {
    const { said } = await act([`REPO=${top}/gone`], top);
    expect(said).toContain(`error: REPO is '${top}/gone', which does not exist.`);
    mkdirSync(join(top, 'bare'));
    await commitAll(join(top, 'bare'), 'Nothing', '2025-01-01T00:00:00Z');
    const none = await act(['REPO=bare'], top);
    expect(none.code).toBe(2);
    expect(none.said).toContain(
      `There is no workflow in ${top}/bare/.github/workflows. This writes three: cd `,
    );
  });
});
