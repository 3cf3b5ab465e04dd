import { describe, expect, it } from 'vitest';
import { parseAction } from '../../../cli/src/action-file.ts';
import { checkWorkflow, type Known } from '../../../scripts/workflows/checks.ts';
import { examplesHere, knownHere, workflowsHere } from '../../../scripts/workflows/here.ts';
import { interfaceOf, parseWorkflow, workflowsIn } from '../../../scripts/workflows/workflow.ts';
import { formatProblem } from '../../../src/shared/base/problems.ts';

const action = `inputs:
  tree: { default: SPECS }
  tag: { required: true }
  optional:
outputs:
  built: { description: x }
runs: { using: node24, main: index.js }
`;
const reusable = `on:
  workflow_call:
    inputs:
      tree: { type: string, default: SPECS }
      tag: { type: string, required: true }
    outputs:
      built: { value: x }
permissions: { contents: read }
jobs:
  quiet: { steps: [] }
  loud: { permissions: { contents: write, id-token: write }, steps: [] }
`;
const chain = `on: workflow_call
permissions: { contents: read }
jobs:
  inner: { permissions: { contents: write, id-token: write }, uses: azl/actions/.github/workflows/called.yml@v1 }
`;
const known: Known = {
  actions: new Map([['do', parseAction(action, 'do', 'do/action.yml')]]),
  workflows: new Map([
    ['called.yml', parseWorkflow(reusable)],
    ['chain.yml', parseWorkflow(chain)],
  ]),
};
const called = 'azl/actions/.github/workflows/called.yml@v1';
const hash = '0123456789abcdef0123456789abcdef01234567';

const wrongWith = (text: string) =>
  checkWorkflow('w.yml', parseWorkflow(text), known).map(({ message }) => message);
/** A workflow with the jobs that the lines say. */
const jobs = (lines: string, top = 'permissions: { contents: read }') => `on: push\n${top}\njobs:\n${lines}`;
/** A job of one step. */
const step = (line: string) => jobs(`  a: { steps: [${line}] }`);
/** A reusable workflow with an input. */
const callee = (more: string, input = 'tree: { default: SPECS }', on = '') =>
  `on:\n  workflow_call: { inputs: { ${input} } }\n${on}\npermissions: {}\n${more}`;
/** An expression of a workflow. */
const value = (name: string) => `"\${{ ${name} }}"`;
const use = `jobs: { a: { steps: [{ uses: azl/do@v1, with: { tag: x, tree: ${value('inputs.tree')} } }] } }`;

describe('a workflow', () => {
  it.each([
    [
      'a call that grants enough',
      jobs(`  a: { permissions: { contents: write, id-token: write }, uses: ${called}, with: { tag: x } }`),
    ],
    [
      'a call that grants everything',
      jobs(`  a: { permissions: write-all, uses: ${called}, with: { tag: x } }`),
    ],
    ['a step of ours and a pinned one', step(`{ uses: azl/do@v1, with: { tag: x } }, { uses: a/b@${hash} }`)],
    [
      'what it takes from a step',
      step(`{ id: b, uses: azl/do@v1, with: { tag: ${value('steps.b.outputs.built')} } }`),
    ],
    ['one that is called', callee(use)],
    [
      'a switch that is passed on',
      callee(
        `jobs: { a: { steps: [{ uses: a/b@${hash}, with: { on: ${value('inputs.on')} } }] } }`,
        'on: { default: "false" }',
      ),
    ],
  ])('may be: %s', (_, text) => {
    expect(wrongWith(text)).toEqual([]);
  });

  it.each([
    ['no permissions', jobs('  a: { permissions: {}, steps: [] }', ''), ['has no permissions at its top']],
    [
      'neither a job nor its workflow says them',
      jobs('  a: { steps: [] }', ''),
      ['has no permissions at its top', 'a: neither it nor the workflow says its permissions'],
    ],
    [
      'a call that grants too little',
      jobs(`  a: { uses: ${called}, with: { tag: x } }`),
      ['a > loud asks for contents: write, id-token: write, which a does not grant'],
    ],
    [
      'a call that grants less than its workflow',
      jobs(`  a: { permissions: {}, uses: ${called}, with: { tag: x } }`, 'permissions: write-all'),
      [
        'a > quiet asks for contents: read, which a does not grant',
        'a > loud asks for contents: write, id-token: write, which a does not grant',
      ],
    ],
    [
      'a call that grants reading to what writes',
      jobs(`  a: { permissions: read-all, uses: ${called}, with: { tag: x } }`),
      ['a > loud asks for contents: write, id-token: write, which a does not grant'],
    ],
    [
      'a chain that grants too little, two calls deep',
      jobs('  a: { permissions: { contents: write }, uses: azl/actions/.github/workflows/chain.yml@v1 }'),
      [
        'a > inner asks for id-token: write, which a does not grant',
        'a > inner > loud asks for id-token: write, which a > inner does not grant',
      ],
    ],
    ['an action that is not there', step('{ uses: azl/dont@v1 }'), ['a step 1: there is no azl/dont@v1']],
    ['an action of ours by another tag', step('{ uses: azl/do@v2 }'), ['a step 1: there is no azl/do@v2']],
    [
      'a workflow that is not there',
      jobs('  a: { uses: azl/actions/.github/workflows/gone.yml@v1 }'),
      ['a: there is no azl/actions/.github/workflows/gone.yml@v1'],
    ],
    [
      'an input that an action does not have',
      step('{ uses: azl/do@v1, with: { tag: x, tre: y } }'),
      ["a step 1: do has no input 'tre'"],
    ],
    [
      'a required input that is not given',
      step('{ uses: azl/do@v1 }'),
      ["a step 1: do needs its input 'tag'"],
    ],
    [
      'inputs of a workflow, both ways',
      jobs(`  a: { permissions: write-all, uses: ${called}, with: { optional: y } }`),
      ["a: called.yml has no input 'optional'", "a: called.yml needs its input 'tag'"],
    ],
    ['a tag of others', step('{ uses: a/b@v1 }'), ['a step 1: a/b@v1 is not pinned by a commit']],
    ['a short commit', step('{ uses: a/b@0123456 }'), ['a step 1: a/b@0123456 is not pinned by a commit']],
    [
      'one that is called and has concurrency',
      callee(`concurrency: x\n${use.replace('{ steps', '{ concurrency: y, steps')}`),
      ['is reusable and has concurrency', 'a: is of a reusable workflow and has concurrency'],
    ],
    [
      'one that is called and has a schedule',
      callee(use, undefined, '  schedule: [{ cron: "0 0 * * *" }]'),
      ['is reusable and starts by other events, too'],
    ],
    [
      'one that is called and runs commands, and files of its caller',
      callee(`jobs: { a: { steps: [{ run: ${value('inputs.tree')} }, { uses: ./here }] } }`),
      ['a step 1: is of a reusable workflow and has run', 'a step 2: ./here is a file of whoever calls'],
    ],
    [
      'another default than the action has',
      callee(use, 'tree: { default: specs }'),
      ["a step 1: tree is 'specs' here and 'SPECS' in do"],
    ],
    [
      'an input without effect',
      callee(use, 'tree: { default: SPECS }, tre: {}'),
      ["input 'tre' has no effect"],
    ],
    ...[
      `if: ${value('inputs.tree')}`,
      `if: "inputs.tree == 'true'"`,
      `name: ${value('inputs.tree || 1')}`,
      `env: { A: ${value('!inputs.tree')} }`,
    ].map((line): [string, string, string[]] => [
      `a switch that an expression looks at: ${line}`,
      callee(`jobs: { a: { ${line}, steps: [] } }`, 'tree: { default: "true" }'),
      ["input 'tree' is a switch, which only an action reads"],
    ]),
    [
      'an output that an action does not have',
      step(`{ id: b, uses: azl/do@v1, with: { tag: ${value('steps.b.outputs.build')} } }`),
      ["a step b: do has no output 'build'"],
    ],
    [
      'an output that a workflow does not have',
      jobs(
        `  a: { permissions: write-all, uses: ${called}, with: { tag: x } }\n  b: { needs: a, if: "needs.a.outputs.build", steps: [] }`,
      ),
      ["a: called.yml has no output 'build'"],
    ],
  ])('may not be: %s', (_, text, messages) => {
    expect(wrongWith(text)).toEqual(messages);
  });

  it('is found in a text for people, with its line', () => {
    const text =
      'a\n\n```yaml\n- uses: azl/do@v1\n```\n\n```yaml\njobs:\n  a: { uses: b }\n```\n\n```yaml\nx: 1\n```\n```\njobs:\n```\n';
    expect(workflowsIn(text)).toEqual([
      { line: 3, workflow: { permissions: {}, jobs: { job: { steps: [{ uses: 'azl/do@v1' }] } } } },
      { line: 7, workflow: { jobs: { a: { uses: 'b' } } } },
    ]);
  });
});

describe('the workflows of this repository', () => {
  const real = knownHere();

  it.each([...workflowsHere(), ...examplesHere()])('%s has nothing wrong', (file, workflow) => {
    expect(checkWorkflow(file, workflow, real).map(formatProblem)).toEqual([]);
  });

  it('are the reusable ones and their callers', () => {
    expect([...real.workflows.keys()]).toEqual([
      'build-distro.yml',
      'build-packages.yml',
      'compose-image.yml',
      'release-images.yml',
    ]);
    const others = [...workflowsHere()].filter(([, one]) => interfaceOf(one) === undefined);
    expect(others.map(([file]) => file)).toEqual(
      ['ci', 'nightly', 'pull-request'].map((name) => `.github/workflows/${name}.yml`),
    );
  });

  it('write nothing, but for the release', () => {
    for (const [file, { permissions, jobs: all = {} }] of workflowsHere()) {
      const asked = [permissions, ...Object.values(all).map((job) => job.permissions)];
      const writes = JSON.stringify(asked).includes('write');
      expect(writes, file).toBe(/release-images|nightly/.test(file));
    }
  });
});
