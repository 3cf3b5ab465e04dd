import { describe, expect, it } from 'vitest';
import { readSource, readSources, readTexts } from '../../support/source-code.ts';
import { againstList, circles, impurities, layerErrors, oversized } from '../../support/source-rules.ts';

/** The rooms of src/shared from the ground up. A room imports only from rooms before it. */
const layers = [
  'base',
  'model',
  'rpm',
  'host',
  'sandbox',
  'github',
  'specs',
  'sources',
  'repositories',
  'toolchain',
  'graph',
  'cache-key',
  'solver',
  'store',
  'builder',
  'planner',
  'shards',
  'rpm-repository',
  'image',
  'release',
  'report',
  'jobs',
];

const product = ['src/**/*.ts', 'actions/*/src/**/*.ts', 'cli/src/**/*.ts'];

/** What may be longer than the limits, and why. */
const exceptions: Record<string, string> = {
  'test/unit/golden/documents.test.ts documents': 'a list of every document',
  'test/support/document-readers.ts documentReaders': 'a list of every document',
  'test/integration/shards/contract.ts exchangeContract': 'a contract is one function that holds its tests',
};

/** Folders whose code depends on its arguments alone. */
const pure = ['src/shared/graph', 'src/shared/cache-key', 'src/shared/shards/scheduler'];

const limitsOf = (path: string) =>
  path.startsWith('test/')
    ? { file: 400, function: 80, callback: Infinity }
    : { file: 350, function: 80, callback: 80 };

describe('the structure of the sources', () => {
  const files = readSources(...product);

  it('has rooms that import only from rooms below them', () => {
    expect(layerErrors(files, layers)).toEqual([]);
  });

  it('parses JSON in a few places, each of which checks what it gets', () => {
    const parsing = [...readTexts(...product)].flatMap(([path, text]) =>
      text.includes('JSON.parse(') ? [path] : [],
    );
    expect(parsing.sort()).toEqual([
      'src/shared/base/json.ts', // for files of users: what reads them reports each problem
      'src/shared/base/validate.ts',
      'src/shared/github/run.ts', // GitHub's event
      'src/shared/specs/answer.ts', // with checks of its own, which know specs
    ]);
  });

  it('calls nothing that Node 20 lacks, with which the local CLI may run', () => {
    const newer = /\b(?:Object\.groupBy|Map\.groupBy|Promise\.withResolvers|Promise\.try|Array\.fromAsync)\b/;
    const calling = [...readTexts(...product)].flatMap(([path, text]) => (newer.test(text) ? [path] : []));
    expect(calling).toEqual([]);
  });

  it('has no circle of files', () => {
    expect(circles(files)).toEqual([]);
  });

  it('has a middle that reads no file, clock, environment or random number', () => {
    expect(impurities(readSources(...pure.map((folder) => `${folder}/*.ts`)))).toEqual([]);
  });

  it('has short files and functions', () => {
    const found = oversized(readSources(...product, '{scripts,bench,test}/**/*.ts'), limitsOf);
    expect(againstList(found.keys(), Object.keys(exceptions))).toEqual([]);
  });
});

describe('the checks of the structure', () => {
  const made = (sources: Record<string, string>) =>
    new Map(Object.entries(sources).map(([path, text]) => [path, readSource(text, path)]));
  const [ground, roof] = ['src/shared/base/a.ts', 'src/shared/jobs/b.ts'];
  const upward = ['base/a.ts imports jobs/b.ts: base lies below jobs'];

  it.each([
    ['a static import', `import { b } from '../jobs/b.ts';`],
    ['an import for its effect', `import '../jobs/b.ts';`],
    ['a dynamic import', `const b = await import('../jobs/b.ts');`],
    ['an import of types', `import type { B } from '../jobs/b.ts';`],
    ['a type that is an import', `type B = import('../jobs/b.ts').B;`],
    ['an export of names', `export { b } from '../jobs/b.ts';`],
    ['an export of everything', `export * from '../jobs/b.ts';`],
    ['an export of types', `export type { B } from '../jobs/b.ts';`],
  ])('see an upward import: %s', (_, text) => {
    expect(layerErrors(made({ [ground]: text, [roof]: '' }), ['base', 'jobs'])).toEqual(upward);
  });

  it('let a room import itself and rooms below it', () => {
    const files = made({ [roof]: `import '../base/a.ts'; import './c.ts'; import 'node:fs';`, [ground]: '' });
    expect(layerErrors(files, ['base', 'jobs'])).toEqual([]);
  });

  it.each([
    [
      ground,
      `import '../../../actions/toolchain/src/inputs.ts';`,
      'src/shared imports nothing from outside it',
    ],
    [ground, `import '../../../cli/src/paths.ts';`, 'src/shared imports nothing from outside it'],
    [
      'cli/src/main.ts',
      `import '../../actions/toolchain/src/run.ts';`,
      "cli imports src/shared and the actions' tables",
    ],
    ['cli/src/main.ts', `import '../../scripts/tools.ts';`, "cli imports src/shared and the actions' tables"],
    [
      'actions/a/src/main.ts',
      `import '../../b/src/inputs.ts';`,
      'an action imports src/shared and its own files',
    ],
    [
      'actions/a/src/main.ts',
      `import '../../../cli/src/a.ts';`,
      'an action imports src/shared and its own files',
    ],
  ])('see an import out of %s by %s', (path, text, error) => {
    const found = layerErrors(made({ [path]: text, [ground]: path === ground ? text : '' }), ['base']);
    expect(found.join()).toContain(error);
  });

  it('let cli and actions import what is theirs', () => {
    const files = made({
      [ground]: '',
      'cli/src/main.ts': `import './a.ts'; import '../../src/shared/base/a.ts';
        import '../../actions/a/src/inputs.ts'; import '../../actions/a/src/release-inputs.ts';`,
      'actions/a/src/main.ts': `import './inputs.ts'; import '../../../src/shared/base/a.ts';`,
    });
    expect(layerErrors(files, ['base'])).toEqual([]);
  });

  it('see a room without a layer, a file without a room, and a layer without a room', () => {
    const files = made({ [ground]: '', 'src/shared/attic/a.ts': '', 'src/shared/loose.ts': '' });
    expect(layerErrors(files, ['base', 'jobs'])).toEqual([
      'jobs: a layer without a room',
      'src/shared/: a room without a place in the order of layers',
      'src/shared/attic: a room without a place in the order of layers',
    ]);
  });

  it('see a circle, also one through types, once', () => {
    const files = made({
      'src/shared/base/a.ts': `import './b.ts';`,
      'src/shared/base/b.ts': `import type { C } from './c.ts';`,
      'src/shared/base/c.ts': `export * from './a.ts';`,
      'src/shared/base/d.ts': `import './a.ts'; import './b.ts';`,
    });
    expect(circles(files)).toEqual(['base/a.ts → base/b.ts → base/c.ts → base/a.ts']);
    expect(
      circles(made({ [ground]: `import './b.ts'; import './c.ts';`, 'src/shared/base/b.ts': '' })),
    ).toEqual([]);
  });

  it('see what makes code depend on more than its arguments', () => {
    const text = `import { readFile } from 'node:fs/promises';
      const a = Date.now() + Math.random() + performance.now();
      const b = process.env['HOME'];`;
    expect(impurities(made({ [ground]: text }))).toEqual([
      'base/a.ts: Date',
      'base/a.ts: node:fs/promises',
      'base/a.ts: performance',
      'base/a.ts: process',
      'base/a.ts: random',
    ]);
    const harmless = `import { join } from 'node:path'; import { createHash } from 'node:crypto'; Math.max(1);`;
    expect(impurities(made({ [ground]: harmless }))).toEqual([]);
  });

  it('see a long file and long functions of every kind', () => {
    const body = '{\n\n\n}';
    const text = `function f() ${body}\nconst g = () => ${body};\nclass C { m() ${body} }\nconst o = { p: () => ${body} };\nrun(() => ${body});`;
    const limits = { file: 15, function: 3, callback: 3 };
    const found = oversized(made({ 'a.ts': text, 'b.ts': '\n'.repeat(15) }), () => limits);
    expect([...found]).toEqual([
      ['a.ts', 20],
      ['a.ts f', 4],
      ['a.ts g', 4],
      ['a.ts m', 4],
      ['a.ts p', 4],
      ['a.ts line 17', 4],
    ]);
    expect(oversized(made({ 'a.ts': text }), () => ({ file: 20, function: 4, callback: 4 })).size).toBe(0);
  });

  it('want each exception to be needed', () => {
    expect(againstList(['a', 'b'], ['b', 'c'])).toEqual(['a', 'c: listed, and not needed any more']);
  });
});
