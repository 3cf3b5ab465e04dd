import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../../scripts/build-dist.ts';
import { readSources } from '../../support/source-code.ts';

const text = (path: string) => readFileSync(join(repository, path), 'utf8');
const { dependencies, devDependencies } = JSON.parse(text('package.json')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>;

/** Returns the libraries that sources import, by name. */
function imported(...patterns: string[]): string[] {
  const modules = [...readSources(...patterns).values()].flatMap(({ imports }) => imports);
  const names = modules
    .filter((module) => !/^(\.|node:)/.test(module) && !builtinModules.includes(module))
    .map((module) => /^(@[^/]+\/)?[^/]+/.exec(module)?.[0] as string);
  return [...new Set(names)].sort();
}

/** Returns the names in the first column of the table below a head, each with its reason. */
function table(head: string): Map<string, string> {
  const page = text('docs/architecture.md');
  const rows =
    page
      .slice(page.indexOf(`| ${head} |`))
      .split('\n\n')[0]
      ?.split('\n')
      .slice(2) ?? [];
  return new Map(
    rows.map((row) => row.split('|').map((cell) => cell.trim())).map(([, a, b]) => [a ?? '', b ?? '']),
  );
}

describe('the libraries', () => {
  it('of the bundles are those that the product imports', () => {
    expect(imported('src/**/*.ts', 'actions/*/src/**/*.ts', 'cli/src/**/*.ts')).toEqual(
      Object.keys(dependencies).sort(),
    );
  });

  it('of scripts and tests are declared, too', () => {
    const declared = new Set(Object.keys({ ...dependencies, ...devDependencies }));
    const used = imported('scripts/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', '*.ts');
    expect(used.filter((name) => !declared.has(name))).toEqual([]);
  });

  it.each([
    ['in the bundles', dependencies],
    ['in development', devDependencies],
  ])('%s are pinned, and each has its reason', (head, declared) => {
    for (const [name, version] of Object.entries(declared)) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    const reasons = table(head);
    expect([...reasons.keys()]).toEqual(
      Object.keys(declared)
        .sort()
        .map((name) => `\`${name}\``),
    );
    for (const [name, reason] of reasons) expect(reason.length, name).toBeGreaterThan(20);
  });
});
