import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Action, parseAction, readActions } from '../../../cli/src/action-file.ts';
import { type TargetName, targets } from '../../../cli/src/targets.ts';
import {
  givenVariables,
  inputsOf,
  isDebug,
  knownVariables,
  variableProblems,
  variablesOf,
} from '../../../cli/src/variables.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { formatProblem } from '../../../src/shared/base/problems.ts';

const action = (inputs: Action['inputs']): Action => ({ name: 'x', entry: '/x', inputs, outputs: [] });

describe('the variables of make', () => {
  it('are the inputs of all actions in upper case, and those of the targets', () => {
    const known = knownVariables([action({ 'package-build-list': {}, a: {} }), action({ a: {} })]);
    const names = [...known.keys()];
    expect(names).toEqual(expect.arrayContaining(['PACKAGE_BUILD_LIST', 'PACKAGE', 'IMAGE', 'BUILD_DIR']));
    expect([...names].sort()).toEqual(names);
    expect([known.get('A'), known.get('IMAGE')]).toEqual([[], ['run']]);
  });

  const of = {
    'build-packages': ['OUT_DIR', 'PACKAGE_BUILD_LIST', 'PACKAGE_REBUILD_LIST', 'RUN_CHECK'],
    shell: ['OUT_DIR', 'PACKAGE'],
    clean: ['OUT_DIR'],
  };
  const known = new Map([
    ...['BUILD_DIR', 'OUT_DIR', 'PACKAGE', 'PACKAGE_BUILD_LIST', 'PACKAGE_REBUILD_LIST', 'RUN_CHECK'].map(
      (name): [string, string[]] => [
        name,
        Object.entries(of).flatMap(([target, own]) => (own.includes(name) ? [target] : [])),
      ],
    ),
    ['TAG', []],
  ]);
  const nowhere =
    'make -C ../azl help lists the most used ones, and the README of each action all of its inputs.';
  const said = (named: string[], targets: (keyof typeof of)[]) =>
    variableProblems(named, Object.fromEntries(targets.map((target) => [target, of[target]])), known).map(
      formatProblem,
    );

  it.each<[string[], (keyof typeof of)[], string[]]>([
    [['OUT_DIR', 'RUN_CHECK'], ['build-packages'], []],
    [['RUN_CHEK'], ['build-packages'], ["Unknown variable 'RUN_CHEK'. Did you mean 'RUN_CHECK'?"]],
    [['RUN_CHEK'], ['clean'], ["Unknown variable 'RUN_CHEK'. Did you mean 'RUN_CHECK'?"]],
    [['NOTHING'], ['clean'], [`Unknown variable 'NOTHING'. ${nowhere}`]],
    [
      ['REBUILD_TOOLS'],
      ['clean'],
      [expect.stringMatching(/^Unknown variable 'REBUILD_TOOLS'\. The tools of azl/)],
    ],
    [
      ['PACKAGE_BUILD_LISTS'],
      ['clean'],
      ["Unknown variable 'PACKAGE_BUILD_LISTS'. Did you mean 'PACKAGE_BUILD_LIST'?"],
    ],
    [
      ['PACKAGE_REUILD_LIST'],
      ['clean'],
      [
        "Unknown variable 'PACKAGE_REUILD_LIST'. Did you mean 'PACKAGE_REBUILD_LIST' or 'PACKAGE_BUILD_LIST'?",
      ],
    ],
    [['OUTDIR'], ['clean'], ["Unknown variable 'OUTDIR'. Did you mean 'OUT_DIR'?"]],
    [['TAG'], ['clean'], ['TAG has no effect on make clean. Only jobs on GitHub take it.']],
    [
      ['PACKAGE'],
      ['build-packages'],
      ['PACKAGE has no effect on make build-packages. Did you mean PACKAGE_BUILD_LIST?'],
    ],
    [
      ['PACKAGE_BUILD_LIST'],
      ['shell'],
      ['PACKAGE_BUILD_LIST has no effect on make shell. Did you mean PACKAGE?'],
    ],
    [['RUN_CHECK'], ['clean'], ['RUN_CHECK has no effect on make clean. It has one on make build-packages.']],
    [['RUN_CHECK'], ['clean', 'build-packages'], []],
    [
      ['RUN_CHECK', 'NOTHING'],
      ['clean', 'shell'],
      [
        'RUN_CHECK has no effect on make clean shell. It has one on make build-packages.',
        `Unknown variable 'NOTHING'. ${nowhere}`,
      ],
    ],
  ])('%j for %j', (named, targets, expected) => {
    expect(said(named, targets)).toEqual(expected);
  });
});

describe('the variables of a target', () => {
  const actions = readActions(join(repository, 'actions'));
  const effective = (target: TargetName) => variablesOf(targets[target], actions);

  it('are all known, and hold the folders of a run and of specs', () => {
    for (const target of Object.keys(targets) as TargetName[]) {
      expect([...knownVariables(actions).keys()]).toEqual(expect.arrayContaining(effective(target)));
      expect(effective(target)).toEqual(
        expect.arrayContaining(['BUILD_DIR', 'OUT_DIR', 'CACHE_DIR', 'SPECS_DIR', 'DEBUG']),
      );
    }
  });

  it.each<[TargetName, string[], string[]]>([
    ['toolchain', ['UPDATE_LOCK', 'TOOLCHAIN_DIR'], ['PACKAGE', 'RUN_CHECK']],
    ['plan', ['SPECS_DIR', 'UPDATE_LOCK', 'PACKAGE_BUILD_LIST', 'CONFIG_FILE'], ['BOOT_TEST']],
    ['build-packages', ['RUN_CHECK', 'UPDATE_LOCK', 'CONFIG_FILE'], ['PACKAGE', 'IMAGE']],
    ['image', ['RUN_CHECK', 'UPDATE_LOCK', 'CONFIG_FILE', 'BOOT_TEST'], ['PACKAGE', 'IMAGE']],
    ['run', ['IMAGE'], ['CONFIG_FILE', 'PACKAGE']],
    ['shell', ['PACKAGE', 'TOOLCHAIN_DIR'], ['PACKAGE_BUILD_LIST']],
    ['signatures', ['PACKAGE', 'SPECS_DIR', 'SOURCE_URL', 'DIST_TAG', 'UPDATE_LOCK'], ['PACKAGE_BUILD_LIST']],
    ['clean', [], ['PACKAGE', 'UPDATE_LOCK']],
    ['doctor', [], ['PACKAGE', 'UPDATE_LOCK']],
  ])('%s: with %j, without %j', (target, held, others) => {
    expect(effective(target)).toEqual(expect.arrayContaining(held));
    for (const name of others) expect(effective(target)).not.toContain(name);
  });
});

describe('the variables that the user gave', () => {
  const actions = readActions(join(repository, 'actions'));

  it('are those that a target takes, without a secret', () => {
    const environment = {
      ...{ SPECS_DIR: 'my specs', RUN_CHECK: 'y', OUT_DIR: '', DEBUG: '1', HOME: '/root' },
      ...{ TOKEN: 'secret', SOURCE_URL: 'https://me:secret@mirror/', SOURCE_DIRS: 'files' },
    };
    const given = givenVariables(actions, environment);
    expect(given['build-packages']).toEqual({ SPECS_DIR: 'my specs', RUN_CHECK: 'y', SOURCE_DIRS: 'files' });
    expect(given['signatures']).toEqual({ SPECS_DIR: 'my specs', SOURCE_DIRS: 'files' });
    expect(given['clean']).toEqual({ SPECS_DIR: 'my specs' });
  });
});

describe('the debug log', () => {
  it.each([
    [{}, false],
    [{ DEBUG: '1' }, true],
    [{ DEBUG: 'y' }, true],
    [{ DEBUG: '0' }, false],
    [{ DEBUG: '' }, false],
    [{ DEBUG: 'express:*' }, false],
    [{ RUNNER_DEBUG: '1' }, true],
    [{ RUNNER_DEBUG: '1', DEBUG: '0' }, true],
  ])('of %j: %j', (environment, wanted) => {
    expect(isDebug(environment)).toBe(wanted);
  });
});

describe('the inputs of an action', () => {
  const one = action({ 'specs-dir': { default: 'SPECS' }, plan: {}, 'out-dir': {} });

  it('prefer what the user set, then the outputs of earlier actions, then the default', () => {
    expect(inputsOf(one, {}, {})).toEqual({ 'specs-dir': 'SPECS', plan: '', 'out-dir': '' });
    expect(inputsOf(one, {}, { 'specs-dir': 'there', other: 'x' })['specs-dir']).toBe('there');
    expect(inputsOf(one, { SPECS_DIR: 'mine' }, { 'specs-dir': 'there' })['specs-dir']).toBe('mine');
  });

  it('take a variable that is set to nothing as not set', () => {
    expect(inputsOf(one, { SPECS_DIR: '' }, {})['specs-dir']).toBe('SPECS');
  });

  it('are exactly those that the action has, whatever the environment holds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (environment) => {
        expect(Object.keys(inputsOf(one, environment, environment)).sort()).toEqual([
          'out-dir',
          'plan',
          'specs-dir',
        ]);
      }),
    );
  });
});

describe('an action.yml', () => {
  it('has defaults as texts, as the runner passes them', () => {
    const text =
      'inputs:\n  on: { default: true }\n  n: { default: 2, description: d }\n  none:\noutputs: { o: {} }\nruns: { using: node24, main: ../dist/plan.js }\n';
    expect(parseAction(text, 'a/plan', '/c/actions/a/plan/action.yml')).toEqual({
      name: 'a/plan',
      entry: '/c/actions/a/dist/plan.js',
      inputs: { on: { default: 'true' }, n: { default: '2', description: 'd' }, none: {} },
      outputs: ['o'],
    });
  });

  it('without anything to start is an error that names it', () => {
    expect(() => parseAction('name: x\n', 'a', '/a/action.yml')).toThrow('/a/action.yml: has no runs.main');
  });
});
