import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../../scripts/build-dist.ts';
import { linkedFiles, namedPaths, tableRows } from '../../support/doc-paths.ts';
import { readTexts } from '../../support/source-code.ts';

const documents = readTexts('*.md', 'docs/**/*.md', 'actions/**/README.md', '.github/**/*.md');
const page = (path: string) => documents.get(path) ?? '';

describe('the documents', () => {
  it('name only paths that exist', () => {
    const missing = [...documents].flatMap(([path, text]) =>
      namedPaths(text)
        .filter(
          (named) => !/(^|\/)(dist|build|out)(\/|$)/.test(named) && !existsSync(join(repository, named)),
        )
        .map((named) => `${path} names ${named}`),
    );
    expect(missing).toEqual([]);
  });

  it('link only to files that exist', () => {
    const missing = [...documents].flatMap(([path, text]) =>
      linkedFiles(text)
        .filter((target) => !existsSync(join(repository, dirname(path), target)))
        .map((target) => `${path} links to ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/faults.md', () => {
  const rows = tableRows(page('docs/faults.md'));

  it('names a test of each promise', () => {
    for (const [broken = '', , tests = ''] of rows)
      expect(tests, broken).toMatch(/^`test\/[\w./-]+\.test\.ts`/);
  });

  it('has lost no promise', () => {
    expect(rows.length).toBeGreaterThanOrEqual(46);
  });
});

describe('docs/architecture.md', () => {
  it('says for ten changes in which one or two files each is made', () => {
    const section = page('docs/architecture.md').split('## Where to change what')[1]?.split('\n## ')[0] ?? '';
    const rows = tableRows(section);
    expect(rows.length).toBeGreaterThanOrEqual(10);
    for (const [change = '', files = ''] of rows) expect(namedPaths(files).length, change).toBeGreaterThan(0);
    for (const [change = '', files = ''] of rows)
      expect(namedPaths(files).length, change).toBeLessThanOrEqual(2);
  });
});

describe('the checks of paths', () => {
  it('see paths in inline code alone, without placeholders', () => {
    const text = '`src/a.ts` `src/<name>` `other/a.ts` src/b.ts `test/a/b.test.ts`\n```\n`src/c.ts`\n```\n';
    expect(namedPaths(text)).toEqual(['src/a.ts', 'test/a/b.test.ts']);
  });

  it('see links to files', () => {
    expect(linkedFiles('[a](b.md#c) [d](https://e.example) [f](#g) [h](../i) [a](b.md)')).toEqual([
      'b.md',
      '../i',
    ]);
  });

  it('see rows of tables without their heads', () => {
    expect(tableRows('| a | b |\n| --- | --- |\n| c | d \\| e |\n\ntext\n')).toEqual([['c', 'd \\| e']]);
  });
});
