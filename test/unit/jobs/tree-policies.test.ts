import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { splitAtBlanks } from '../../../src/shared/base/split-at-blanks.ts';
import { asRootInAzureLinux, policiesOf, withPolicies } from '../../../src/shared/jobs/tree-policies.ts';
import type { TreeInputs } from '../../../src/shared/model/inputs.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { DamagedResultError } from '../../../src/shared/store/store.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { memoryStore, solve } from '../../support/made-up-engine.ts';
import { newFolder } from '../golden/golden.ts';

const excluded = { ...madeUpSpec('arm-only'), excluded: 'ExclusiveArch: aarch64' };
const tree = makeTree({
  specs: [madeUpSpec('app', ['perl(Odd)']), madeUpSpec('m4', [], { m4: {}, 'm4-doc': {} }), excluded],
  ...{ toolchain: madeUpToolchain(), solver: { solve }, sources: async () => ({}), defines: {} },
});
const none = {
  ...{ breakCycles: [], releaseAwarePackages: [], buildAsRootPackages: [], policies: [] },
  ...{ specsDir: ['SPECS'], discoverProvides: false },
} as unknown as TreeInputs;
const odd = madeUpResult('m4', [madeUpRpm('m4', { provides: ['perl(Odd) = 1'] })]);

/** A store whose newest results are those of `m4`, and of `app`, which is damaged. */
const store = {
  ...memoryStore(),
  latest: async (name: string) => ({ key: name, components: {}, seconds: 1 }),
  get: async (key: string) => {
    if (key === 'app') throw new DamagedResultError({ package: 'app', key }, 'app.rpm', 'it is gone');
    return key === 'm4' ? odd : undefined;
  },
};

it('the inputs name packages by spec or RPM; one that this run cannot build is left out', async () => {
  const inputs = { ...none, breakCycles: ['m4-doc', 'arm-only'], releaseAwarePackages: ['app'] };
  const more = { pointers: new Map(), store, log: recordingLog() };
  const found = await withPolicies(tree, { ...inputs, discoverProvides: true }, [], more);
  expect(found.declared.policy).toEqual({
    ...{ breakCycles: new Set(['m4']), discover: true, pointers: new Map() },
  });
  expect(found.releaseAware).toEqual(new Set(['app']));
  expect(tree.declared.policy.breakCycles).toEqual(new Set());
});

it('policies are those that the inputs name; those of Azure Linux need its tree, and packages that it has', async () => {
  const top = newFolder();
  mkdirSync(join(top, 'toolkit/resources/manifests/package'), { recursive: true });
  const auto = { ...none, policies: ['auto'], buildAsRootPackages: ['auto', 'm4-doc'] } as TreeInputs;
  const more = { pointers: new Map(), store, log: recordingLog() };
  const policiesIn = async (specsDir: string) => {
    const inputs = { ...auto, specsDir: [specsDir] };
    const found = await withPolicies(tree, inputs, [], more);
    return [[...policiesOf(inputs)], found.policiesOf('m4'), found.policiesOf('app')];
  };
  expect(await policiesIn(newFolder())).toEqual([[], ['build-as-root'], []]);
  expect(await policiesIn(join(top, 'SPECS'))).toEqual([
    ['remove-libtool-archives', 'spec-version-macros'],
    ['build-as-root', 'remove-libtool-archives'],
    ['remove-libtool-archives'],
  ]);
  expect(policiesOf({ ...none, policies: ['spec-version-macros'] })).toEqual(
    new Set(['spec-version-macros']),
  );
});

it('an unknown package in an input is an error with the nearest name', async () => {
  const more = { pointers: new Map(), store, log: recordingLog() };
  for (const [key, input] of [
    ['breakCycles', 'break-cycles'],
    ['releaseAwarePackages', 'release-aware-packages'],
    ['buildAsRootPackages', 'build-as-root-packages'],
  ] as const) {
    await expect(withPolicies(tree, { ...none, [key]: ['m4-docs'] }, [], more)).rejects.toThrow(
      `Input '${input}' names 'm4-docs', which is neither a spec nor an RPM of this tree. Nearest: 'm4-doc'.`,
    );
  }
});

it('the plan looks for pointers in the newest results, and other jobs take those of the plan', async () => {
  const log = recordingLog();
  const planned = await withPolicies(tree, none, [], { pointers: undefined, store, log });
  expect(planned.declared.policy.pointers).toEqual(new Map([['perl(Odd)', ['m4']]]));
  expect(log.lines).toEqual([
    'Provided as earlier builds showed, though no spec declares it: perl(Odd) (m4)',
  ]);
  const given = new Map([['perl(Odd)', ['app']]]);
  const shared = await withPolicies(tree, none, [], { pointers: given, store, log });
  expect(shared.declared.policy.pointers).toBe(given);
});

it('the page of Azure Linux lists the packages that are built as root by themselves', () => {
  const page = readFileSync(new URL('../../../docs/azure-linux.md', import.meta.url), 'utf8');
  const [, listed = ''] = /^## Built as root$[\s\S]*?```text\n([\s\S]*?)```/m.exec(page) ?? [];
  expect(splitAtBlanks(listed)).toEqual(asRootInAzureLinux);
});
