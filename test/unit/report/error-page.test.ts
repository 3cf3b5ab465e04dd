import { expect, it } from 'vitest';
import { errorPage } from '../../../src/shared/report/error-page.ts';

const addressOf = (file: string, line?: number) =>
  file.startsWith('SPECS/') ? `https://github.com/o/r/blob/c/${file}#L${line}` : undefined;

it('the page of errors has each at its place, which is a link, and what helps', () => {
  const problems = [
    {
      message: "Requires 'b' is provided by nothing",
      file: 'SPECS/a/a.spec',
      line: 3,
      hint: "Nearest: 'bb' (b).",
    },
    { message: "'x' is no key", file: '/else/config.json', path: '$.a[0]' },
    'The disk is full.',
  ];
  expect(errorPage('Plan', problems, addressOf)).toBe(`### ✗ Plan: 3 errors

- [\`SPECS/a/a.spec:3\`](https://github.com/o/r/blob/c/SPECS/a/a.spec#L3): Requires 'b' is provided by nothing<br>Nearest: 'bb' (b).
- \`/else/config.json\`: \\$.a\\[0\\]: 'x' is no key
- The disk is full.

`);
});

it('no text in it ends its item, and it stays under what GitHub shows', () => {
  const hostile = '`](http://evil) <img src=x> **b** \n# title\n- item';
  const page = errorPage('Plan', [{ message: hostile, file: hostile, hint: hostile }], addressOf);
  expect(page.split('\n').filter((line) => /^[-#]/.test(line))).toHaveLength(2);
  expect(page.replace(/``.*?``/g, '')).not.toMatch(/(?<!\\)<(?!br>)/);
  const many = Array.from({ length: 5000 }, () => ({ message: '€'.repeat(9999), hint: '€'.repeat(9999) }));
  expect(Buffer.byteLength(errorPage('Plan', many, addressOf))).toBeLessThan(2 ** 20);
});
