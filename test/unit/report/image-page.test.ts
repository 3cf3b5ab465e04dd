import { expect, it } from 'vitest';
import type { Verdict } from '../../../src/shared/image/boot-test/verdict.ts';
import {
  consoleLines,
  consoleNote,
  failedImagePage,
  imagePage,
} from '../../../src/shared/report/image-page.ts';

const verdict = (more: Partial<Verdict> = {}): Verdict => ({
  ...{ passed: false, state: 'none', failed: [], seconds: 12.4, acceleration: 'tcg' },
  reason: 'the kernel panicked (Kernel panic)',
  ...more,
});
const artifact = {
  text: 'azl-logs-1-image-minimal',
  address: 'https://github.com/o/r/actions/runs/7/artifacts/5',
};
const page = (one: Verdict, text: string) =>
  failedImagePage('minimal', one, { file: 'x.log', artifact, text });

it('the page of an image that failed has what its units said, and where the rest is', () => {
  const failed = [{ unit: 'broken.service', log: ['the `reason` why'] }];
  const reason = 'unit broken.service failed';
  const text = page(verdict({ state: 'degraded', failed, reason }), 'Linux version');
  expect(text).toBe(`### ✗ minimal: boot test failed

unit broken.service failed. After 12 s (tcg).

\`\`\`
broken.service failed:
    the \`reason\` why
\`\`\`

Complete serial log: \`x.log\` in the artifact [\`${artifact.text}\`](${artifact.address}).

`);
});

it('or what the machine said last, without colours, however much that is', () => {
  const lines = Array.from(
    { length: 5000 },
    (_, at) => `\u001b[0;32mline ${at}\u001b[0m ${'x'.repeat(5000)}\r`,
  );
  const text = page(verdict(), lines.join('\n'));
  expect(text).toContain('\nline 4960 xxx');
  expect(text).not.toContain('line 4959');
  expect(text).not.toMatch(/\p{Cc}(?<!\n)/u);
  expect(text.length).toBeLessThan(15_000);
});

it('or nothing of either, and no artifact where there is none', () => {
  const text = failedImagePage('minimal', verdict(), { file: 'x.log', text: '' });
  expect(text).not.toMatch(/```|artifact/);
});

it('the page of an image has its files, its artifact, and how to fetch it', () => {
  const image = { name: 'minimal', files: [{ file: 'a.raw', size: 3, sha256: 'f0' }] } as never;
  const line = 'minimal: made, 3 packages, 1 of them built here; not booted';
  expect(imagePage(image, line)).toBe(
    `### minimal\n\n${line}\n\n| file | bytes | SHA-256 |\n| --- | --- | --- |\n| a.raw | 3 | f0 |\n\n`,
  );
  const published = { artifact: 'azl-image-minimal', repository: 'o/r', run: '7' };
  const page = imagePage(image, line, { text: 'azl-image-minimal', address: 'https://x/1' }, published);
  expect(page).toContain('Artifact: [`azl-image-minimal`](https://x/1)');
  expect(page).toContain('```sh\ngh run download 7 -R o/r -n azl-image-minimal -D azl-image-minimal\n```');
});

it('the end of a console is its last lines that say something, plain and cut', () => {
  expect(consoleLines('one\r\n\u001b[1mtwo\u001b[0m\r\n\r\n\u0007\n  three\n\rgrub> ', 3)).toEqual([
    'two',
    '  three',
    'grub>',
  ]);
  expect(consoleLines('x'.repeat(3_000_000), 3)).toEqual(['x'.repeat(300)]);
  expect(consoleNote('one\n::error::two\n')).toBe(
    'The last lines of its console:\n    one\n    ::error::two\n',
  );
  expect(consoleNote('\u001b[2J\r\n')).toBe('Its console showed nothing.\n');
});
