import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { figures, type Results } from '../../../bench/figures.ts';
import { type StartResults, startFigures } from '../../../bench/start.ts';
import { divide, median } from '../../../bench/stopwatch.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { withBlock } from '../../../scripts/markdown.ts';

describe('divide', () => {
  const lines = [
    { line: 'hello', seconds: 0.5 },
    { line: 'one begins', seconds: 1 },
    { line: 'two begins', seconds: 3 },
    { line: 'one begins again', seconds: 4 },
  ];

  it('gives each part the time to the next, and what comes before the first its own name', () => {
    const parts = [
      { name: 'one', begins: /^one/ },
      { name: 'two', begins: /^two/ },
      { name: 'one', begins: /^one .* again/ },
    ];
    expect(divide(lines, parts, 10)).toEqual({ seconds: 10, parts: { start: 1, one: 8, two: 1 } });
  });

  it('fails when a part never began, or began before the one in front of it', () => {
    expect(() => divide(lines, [{ name: 'three', begins: /^three/ }], 10)).toThrow("'three' never began");
    const swapped = [
      { name: 'two', begins: /^two/ },
      { name: 'hello', begins: /^hello/ },
    ];
    expect(() => divide(lines, swapped, 10)).toThrow("'hello' never began");
  });
});

it.each([
  [[3], 3],
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

describe('the figures of the README', () => {
  const file = join(repository, 'bench/results.json');

  it('are those of bench/results.json', () => {
    expect(existsSync(file), 'make bench writes it').toBe(true);
    const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
    expect(results).toMatchObject({ schema: 'azl/bench', version: 1, command: 'make bench' });
    const readme = readFileSync(join(repository, 'README.md'), 'utf8');
    expect(readme).toContain('<!-- bench -->');
    expect(readme).toBe(withBlock(readme, 'bench', `\n${figures(results)}\n`));
  });
});

it('the figures of the first lines are those of bench/start.json', () => {
  const results = JSON.parse(readFileSync(join(repository, 'bench/start.json'), 'utf8')) as StartResults;
  const page = readFileSync(join(repository, 'docs/testing.md'), 'utf8');
  expect(page).toContain('<!-- bench-start -->');
  expect(page).toBe(withBlock(page, 'bench-start', `\n${startFigures(results)}\n`));
});
