import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Action, parseAction } from '../../../local/src/action-file.ts';
import { inputsOf, knownVariables, unknownVariables } from '../../../local/src/variables.ts';

const action = (inputs: Action['inputs']): Action => ({ name: 'x', entry: '/x', inputs, outputs: [] });

describe('the variables of make', () => {
  it('are the inputs of all actions in upper case', () => {
    const known = knownVariables([action({ 'package-build-list': {}, a: {} }), action({ a: {} })]);
    expect(known).toContain('PACKAGE_BUILD_LIST');
    expect(known.filter((name) => name === 'A')).toHaveLength(1);
    expect([...known].sort()).toEqual(known);
  });

  it('refuse an unknown one, with the nearest name', () => {
    const known = ['SPECS_DIR', 'OUT_DIR'];
    expect(unknownVariables(['SPECS_DRI', 'OUT_DIR'], known)).toEqual([
      { message: "Unknown variable 'SPECS_DRI'", mend: "Did you mean 'SPECS_DIR'?" },
    ]);
    expect(unknownVariables(['V'], known)[0]?.mend).toBe('There are: SPECS_DIR OUT_DIR.');
  });
});

describe('the inputs of an action', () => {
  const one = action({ 'specs-dir': { default: 'SPECS' }, plan: {}, 'out-dir': {} });

  it('prefer what the user set, then what was handed on, then the default', () => {
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
  it('gives defaults as texts, as the runner hands them over', () => {
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
