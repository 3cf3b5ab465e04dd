import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyInput, keyComponents, keyOf } from '../../../src/shared/cache-key/key.ts';
import type { JobAnswer, SpecAnswer } from '../../../src/shared/specs/answer.ts';
import type { AskedSpec, Macros } from '../../../src/shared/specs/ask-rpm.ts';
import { askWithVersions, type VersionedAnswer } from '../../../src/shared/specs/version-macros.ts';
import { madeUpSpec } from '../../support/made-up.ts';

/** A spec of a made-up tree: its texts, in which macros stand for themselves. */
interface Written {
  version: string;
  release?: string;
  epoch?: number;
  /** Macros that its text or a file that it opens names. */
  named?: string[];
}

const expand = (text: string, macros: Readonly<Record<string, string>>) =>
  text.replace(/%(\w+)/g, (macro, name: string) => macros[name] ?? macro);

/** Answers as rpm does, and counts what it was asked. */
function madeUpRpmOf(tree: Readonly<Record<string, Written>>) {
  const asked: string[] = [];
  const files = Object.keys(tree).map((name) => ({ package: name, specsDir: 'SPECS', path: `${name}.spec` }));
  const ask = async (some: readonly AskedSpec[]) =>
    some.map(({ package: name, macros }, index): JobAnswer => {
      asked.push([name, ...Object.keys(macros)].join(' '));
      const { version, release = '1.azl3', epoch = 0, named = [] } = tree[name] as Written;
      const evr = { name, epoch, version: expand(version, macros), release: expand(release, macros) };
      const lists = {
        exclusiveArch: [],
        excludeArch: [],
        buildRequires: [],
        buildConflicts: [],
        sources: [],
      };
      const answer = { ...evr, ...lists, packages: [], noSource: false, hasCheck: false, generates: false };
      const nothing = { digest: name, ended: null, output: '', opened: [], programs: [] };
      return { ...nothing, index, answers: [answer as SpecAnswer], named };
    });
  return { asked, found: (guesses?: Macros[]) => askWithVersions(files, ask, '.azl3', guesses) };
}

describe('version macros', () => {
  it('go to the specs that name them, which are read again, and to no others', async () => {
    const { asked, found } = madeUpRpmOf({
      'kernel-hwe': { version: '6.6', release: '3.azl3', epoch: 1 },
      driver: { version: '1', release: '2_%azl_kernel_hwe_version.azl3', named: ['azl_kernel_hwe_version'] },
      tool: {
        version: '%azl_driver_release',
        named: ['azl_driver_release', 'azl_kernel_hwe_epoch', 'azl_other_version'],
      },
      other: { version: '1' },
      plain: { version: '%azl_other_version' },
    });
    const macros = (await found()).map((one) => one.macros);
    expect(macros).toEqual([
      {},
      { azl_kernel_hwe_version: '6.6' },
      { azl_driver_release: '2_6.6', azl_kernel_hwe_epoch: '1', azl_other_version: '1' },
      {},
      {},
    ]);
    expect(asked.filter((line) => line.startsWith('plain'))).toEqual(['plain']);
    expect(asked.filter((line) => line.startsWith('driver'))).toEqual([
      'driver',
      'driver azl_kernel_hwe_version',
    ]);
  });

  it('that were guessed are asked about once; a wrong guess is asked about again', async () => {
    const tree = {
      kernel: { version: '6.6', release: '3.azl3' },
      driver: { version: '1', release: '2_%azl_kernel_version.azl3', named: ['azl_kernel_version'] },
      tool: { version: '1', named: ['azl_driver_release'] },
    };
    const told = (found: readonly VersionedAnswer[]) =>
      found.map(({ answer, macros }) => ({ macros, answers: answer?.answers }));
    const plain = told(await madeUpRpmOf(tree).found());
    const right = madeUpRpmOf(tree);
    const guesses: Macros[] = [{}, { azl_kernel_version: '6.6' }, { azl_driver_release: '2_6.6' }];
    expect(told(await right.found(guesses))).toEqual(plain);
    expect(right.asked).toEqual(['kernel', 'driver azl_kernel_version', 'tool azl_driver_release']);
    const wrong = madeUpRpmOf(tree);
    expect(told(await wrong.found([{ azl_x_epoch: '1' }, { azl_kernel_version: '6.5' }]))).toEqual(plain);
    expect(wrong.asked.length).toBeGreaterThan(3);
  });

  it('has no value for a spec without one that a file can be called by, and no epoch where there is none', async () => {
    const { found } = madeUpRpmOf({
      odd: { version: '%undefined', release: '%(date)' },
      asks: { version: '1', named: ['azl_odd_version', 'azl_odd_release', 'azl_odd_epoch'] },
    });
    expect((await found()).map((one) => one.macros)).toEqual([{}, {}]);
  });

  it('refuses a version that follows from itself', async () => {
    const { found } = madeUpRpmOf({
      a: { version: '1', release: '1_%azl_b_release', named: ['azl_b_release'] },
      b: { version: '1', release: 'x1', named: ['azl_c_release'] },
      c: { version: '1', release: '1', named: ['azl_b_release'] },
      loop: { version: '1', release: '1%azl_loop_release', named: ['azl_loop_release'] },
      grows: { version: '1', release: '1', named: [] },
    });
    expect((await found()).every((one) => one.answer?.problems === undefined)).toBe(true);
    const growing = madeUpRpmOf({
      a: { version: '1', release: 'a', named: [] },
      b: { version: '1', release: 'b', named: [] },
    });
    let round = 0;
    const files = ['a', 'b'].map((name) => ({ package: name, specsDir: 'SPECS', path: `${name}.spec` }));
    const answers = (await growing.found()).map((one) => one.answer as JobAnswer);
    const ends = await askWithVersions(
      files,
      async (some) =>
        some.map((file) => {
          round += 1;
          const before = answers[file.package === 'a' ? 0 : 1] as JobAnswer;
          const answer = { ...(before.answers?.[0] as SpecAnswer), release: String(round) };
          return { ...before, answers: [answer], named: [`azl_${file.package === 'a' ? 'b' : 'a'}_release`] };
        }),
      '',
    );
    expect(ends.map((one) => one.answer?.problems?.[0]?.message)).toEqual([
      'the version of this spec follows from itself, through %azl_b_release',
      'the version of this spec follows from itself, through %azl_a_release',
    ]);
  });

  it('a new version changes the keys of those who name it, and no other key', async () => {
    const keyWith = (name: string, versionMacros: Readonly<Record<string, string>>) => {
      const plain = {
        sources: {},
        arch: 'x86_64',
        defines: { dist: '.azl3' },
        recipe: 'r',
        workerDigest: 'w',
      };
      const root = { policies: [], brokenCycles: [], installed: [], releaseAware: false } as const;
      const input: KeyInput = { ...plain, ...root, spec: { ...madeUpSpec(name), versionMacros } };
      return keyOf(keyComponents(input));
    };
    const names = ['a', 'b-c', 'd', 'e', 'f'];
    const macro = fc.constantFrom(...names.map((name) => `azl_${name.replace('-', '_')}_version`));
    const trees = fc.tuple(...names.map(() => fc.uniqueArray(macro, { maxLength: 3 })));
    const keysOf = async (named: string[][], bumped?: string) => {
      const version = (name: string) => (name === bumped ? '2' : '1');
      const tree = Object.fromEntries(
        names.map((name, at) => [name, { version: version(name), named: named[at] as string[] }]),
      );
      const found = await madeUpRpmOf(tree).found();
      return names.map((name, at) => keyWith(name, found[at]?.macros ?? {}));
    };
    await fc.assert(
      fc.asyncProperty(trees, fc.constantFrom(...names), async (named, bumped) => {
        const [before, after] = [await keysOf(named), await keysOf(named, bumped)];
        const asks = (at: number) => named[at]?.includes(`azl_${bumped.replace('-', '_')}_version`) ?? false;
        // Its own text has changed, too; here only what others see of it counts.
        for (const at of names.keys()) expect(before[at] !== after[at]).toBe(asks(at));
      }),
      { numRuns: 200 },
    );
  });
});
