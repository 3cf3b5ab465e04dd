import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readActions } from '../../../cli/src/action-file.ts';
import { inputTables } from '../../../cli/src/validate-inputs.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { ProblemsError } from '../../../src/shared/base/problems.ts';
import {
  addresses,
  amount,
  choice,
  count,
  flag,
  folders,
  type InputKind,
  inputName,
  list,
  needed,
  onePath,
  optionalFlag,
  paths,
  readInputs,
  retention,
  shaped,
  text,
  tryInputs,
} from '../../../src/shared/github/inputs.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-inputs-'));
writeFileSync(join(dir, 'file'), '');
mkdirSync(join(dir, 'a b'));
afterAll(() => rmSync(dir, { recursive: true }));

const arrayExpected = 'expected a path, or a JSON array of paths as ["a.json", "b.json"]';

/** What a kind says of a value, or the value that it reads. */
function outcome(kind: InputKind<unknown>, given: string): unknown {
  try {
    return kind(given, 'an-input');
  } catch (error) {
    if (error instanceof ProblemsError)
      return error.message.replaceAll("Input 'an-input' (AN_INPUT) is ", '');
    throw error;
  }
}

describe('an input', () => {
  it.each<[string, InputKind<unknown>, Record<string, unknown>]>([
    ['text', text, { '': '', 'a b': 'a b' }],
    ['list', list, { '': [], ' a  b\na ': ['a', 'b'] }],
    [
      'flag',
      flag,
      {
        ...Object.fromEntries(['true', 'TRUE', 'y', 'Yes', '1'].map((word) => [word, true])),
        ...Object.fromEntries(['false', 'False', 'N', 'no', '0', ''].map((word) => [word, false])),
        ys: "'ys', expected true or false",
      },
    ],
    [
      'count',
      count(1),
      {
        '': undefined,
        '007': 7,
        ...Object.fromEntries(
          ['0', '-1', '1.5', 'two', '1e3', '0x10', '9999999999'].map((number) => [
            number,
            `'${number}', expected a whole number, at least 1`,
          ]),
        ),
      },
    ],
    [
      'amount',
      amount,
      {
        '': undefined,
        9: 9,
        '0': 0,
        '2.5': 2.5,
        '-1': "'-1', expected a number, as 9 or 2.5",
        '1e3': "'1e3', expected a number, as 9 or 2.5",
        '1.': "'1.', expected a number, as 9 or 2.5",
      },
    ],
    [
      'retention',
      retention,
      {
        '': undefined,
        1: 1,
        90: 90,
        0: "'0', expected a whole number, from 1 to 90",
        91: "'91', expected a whole number, from 1 to 90",
      },
    ],
    [
      'choice',
      choice(['auto', 'bootstrap']),
      {
        auto: 'auto',
        '': 'empty, expected one of auto, bootstrap',
        atuo: "'atuo', expected one of auto, bootstrap. Did you mean 'auto'?",
      },
    ],
    [
      'paths',
      paths,
      {
        '': [],
        'a b.json': ['a b.json'],
        '["a b.json", "c.json", "a b.json"]': ['a b.json', 'c.json'],
        '[a.json]': `'[a.json]', ${arrayExpected}`,
        '[a].json': `'[a].json', ${arrayExpected}. Such a path is written ./[a].json`,
        './[a].json': ['./[a].json'],
        '[]': `'[]', ${arrayExpected}`,
        '["a", 1]': `'["a", 1]', ${arrayExpected}`,
        '[""]': `'[""]', ${arrayExpected}`,
      },
    ],
    [
      'onePath',
      onePath('the path of a config', 'Make two calls.'),
      {
        'a b.json': 'a b.json',
        '["a b.json"]': 'a b.json',
        '': 'empty, expected the path of a config',
        '["a", "b"]': `'["a", "b"]', expected the path of a config, not of several. Make two calls.`,
        '[a]': `'[a]', ${arrayExpected}`,
      },
    ],
    ['optionalFlag', optionalFlag, { '': undefined, y: true, n: false, x: "'x', expected true or false" }],
    [
      'addresses',
      addresses,
      {
        '': [],
        'https://a.example/x\nhttp://b.example https://a.example/x': [
          'https://a.example/x',
          'http://b.example',
        ],
        'https://a.example ftp://b.example':
          "'ftp://b.example', expected http or https addresses, separated by blanks",
        'https:///x': "'https:///x', expected http or https addresses, separated by blanks",
      },
    ],
    ['shaped', shaped(/^\d*$/, 'digits'), { '': '', 1: '1', x: "'x', expected digits" }],
    ['needed', needed('a path'), { x: 'x', '': 'empty, expected a path' }],
    [
      'folders',
      folders('Give one.'),
      {
        [dir]: [dir],
        [`${dir} /  ${dir}`]: [dir, '/'],
        [`${dir}/a b`]: [`${dir}/a b`],
        '/nowhere /never':
          "'/nowhere', which does not exist. Give one.\n'/never', which does not exist. Give one.",
        '': 'empty, expected a folder. Give one.',
        '/nowhere': "'/nowhere', which does not exist. Give one.",
        [`${dir}/file`]: `'${dir}/file', which is no folder. Give one.`,
        [`${dir}/file/x`]: `'${dir}/file/x', which does not exist. Give one.`,
      },
    ],
  ])('that is a %s', (_name, kind, table) => {
    for (const [given, expected] of Object.entries(table)) expect(outcome(kind, given)).toEqual(expected);
  });
});

it('a path that begins as an array is that of a file that is there', () => {
  const cwd = process.cwd();
  process.chdir(dir);
  try {
    writeFileSync('[a].json', '');
    expect(paths('[a].json', 'config-file')).toEqual(['[a].json']);
    expect(onePath('a path', '')('[a].json', 'config-file')).toBe('[a].json');
    expect(outcome(paths, '[b].json')).toContain('./[b].json');
  } finally {
    process.chdir(cwd);
  }
});

describe('a table of inputs', () => {
  const table = { aNumber: count(1), aFlag: flag, aText: text };
  const get = (name: string) => ({ 'a-number': 'x', 'a-flag': 'y', 'a-text': '' })[name] ?? 'unasked';

  it('gives what can be read, beside all that is wrong', () => {
    const { values, problems } = tryInputs(table, get);
    expect(values).toEqual({ aFlag: true, aText: '' });
    expect(problems).toHaveLength(1);
  });

  it('read as a whole throws all that is wrong', () => {
    expect(() => readInputs({ ...table, aFlag: count(1) }, get)).toThrow(/a-number.*\n.*a-flag/);
    expect(readInputs({ aFlag: flag }, get)).toEqual({ aFlag: true });
  });
});

describe('the tables of the actions', () => {
  it.each(readActions(join(repository, 'actions')))('$name: hold what its action.yml lists', ({
    name,
    inputs,
  }) => {
    const keys = Object.keys(inputTables[name] ?? {}).map(inputName);
    expect(keys.sort()).toEqual(Object.keys(inputs).sort());
  });

  it.each(readActions(join(repository, 'actions')))('$name: take its defaults', ({ name, inputs }) => {
    const runner: Record<string, string> = {
      [`\${{ github.token }}`]: 'a token',
      [`\${{ github.repository }}`]: 'me/distro',
    };
    const get = (input: string) => {
      const value = inputs[input]?.default ?? '';
      return runner[value] ?? value;
    };
    const wrong = tryInputs(inputTables[name] ?? {}, get).problems.map(({ message }) => message);
    // What has no default that holds everywhere.
    const required = Object.keys(inputs).filter((input) => inputs[input]?.required === true);
    const open = new Set(['specs-dir', 'config-file', ...required]);
    const about = (message: string) => /^Input '([^']+)'/.exec(message)?.[1] ?? '';
    expect(wrong.filter((message) => !open.has(about(message)))).toEqual([]);
  });

  it.each(readActions(join(repository, 'actions')))('$name: say true or false of each switch', ({
    name,
    inputs,
  }) => {
    const entries = Object.entries(inputTables[name] ?? {});
    for (const input of entries.filter(([, kind]) => kind === flag).map(([key]) => inputName(key)))
      expect(inputs[input], input).toEqual({
        default: expect.stringMatching(/^(true|false)$/),
        description: expect.stringContaining(' (true or false)'),
      });
  });
});
