import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { createScreen } from '../../../cli/src/screen.ts';
import { debug } from '../../../src/shared/base/debug.ts';
import { writeReport } from '../../../src/shared/github/job-report.ts';
import { actionLog } from '../../../src/shared/github/log.ts';
import { imagePage } from '../../../src/shared/report/image-page.ts';
import { fenced, inlineText } from '../../../src/shared/report/page.ts';

/** Texts of strangers: names of specs, lines of logs, warnings of rpm, answers of helpers. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '\u001b[31m',
          '\u001b]8;;http://x\u0007',
          '\u009b2J',
          '\u0085',
          '\u202e',
          '\u2066',
          '\u200f',
          '\u061c',
        ],
        ...['\r', '\n', '\r\n', '\u2028', '\u2029', '\ufeff', '\u0000', '\u007f', '\t', ' '],
        ...[
          '::',
          '::error::',
          '::add-mask::a',
          '::stop-commands::x',
          '::set-output name=a::b',
          '##[',
          '##[error]',
        ],
        ...['%0A', '%0D', '```', '|', '<img src=x>', '[a](http://b)', '#', 'x'],
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''));

/** Everything but newline and tab that controls a terminal, or the direction of a text. */
const control = /[^\P{Cc}\n\t]|\p{Bidi_Control}|[\u2028\u2029]/u;

/** True if GitHub's runner would look for a command in a line. */
const commands = (line: string) => /^[\s\u0085\ufeff]*::/.test(line) || line.includes('##[');

const dir = mkdtempSync(join(tmpdir(), 'azl-test-'));
const page = join(dir, 'page');
let written: string[];

beforeAll(() => {
  vi.stubEnv('GITHUB_STEP_SUMMARY', page);
  vi.stubEnv('GITHUB_OUTPUT', '');
  vi.stubEnv('RUNNER_DEBUG', '1');
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

function collectOutput(): void {
  written = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
}

it('a log has no control character, and no command but its own, whatever its messages say', async () => {
  collectOutput();
  await fc.assert(
    fc.asyncProperty(hostile, async (text) => {
      written = [];
      const log = actionLog(undefined, () => 0);
      log.info(text);
      log.warn({ message: text, file: text, hint: text });
      log.error({ message: text, file: text, line: 3 });
      await log.group(text, async () => {});
      debug(() => text);
      log.end();
      const all = written.join('');
      expect(all).not.toMatch(control);
      const found = all.split('\n').filter(commands);
      const own = ['::warning', '::error', '::group', '::endgroup', '::debug'];
      expect(found.map((line) => /^::[a-z]+/.exec(line)?.[0])).toEqual(own);
    }),
  );
});

it('a screen has no control character but its own', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const shown: string[] = [];
      const out = { write: (one: string) => shown.push(one) };
      const screen = createScreen({ out, err: out, color: false, width: () => 80, debug: true });
      for (const kind of ['text', 'group', 'debug', 'notice', 'warning', 'error'] as const)
        screen.show({ kind, text, file: text } as never);
      expect(shown.join('')).not.toMatch(control);
      shown.length = 0;
      screen.live(text);
      expect(shown.join('')).not.toMatch(control);
      expect(shown.join('')).not.toContain('\n');
    }),
  );
});

it('a page has no control character, and no text in it ends its block or its cell', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (text) => {
      writeFileSync(page, '');
      const image = { name: text, files: [{ file: text, size: 1, sha256: 'a' }] } as never;
      await writeReport({ outputs: {}, page: `${imagePage(image, text)}\n${fenced(text.split('\n'))}\n` });
      const found = readFileSync(page, 'utf8');
      expect(found).not.toMatch(control);
      expect(imagePage(image, text)).not.toMatch(/(?<!\\)</);
      const cell = inlineText(text, { cell: 500 });
      expect(cell).not.toContain('\n');
      expect(cell.replace(/\\[^\w\s]/g, '')).not.toMatch(/[\\`*<>|[\]&~$@]|:\/\//);
    }),
    { numRuns: 50 },
  );
});

it('an error that nobody handles is one message of the log', () => {
  const module = join(import.meta.dirname, '../../../src/shared/github/action.ts');
  const script = `
    const { runAction } = await import(${JSON.stringify(module)});
    await runAction([], () => {
      setTimeout(() => { throw new Error('a\\u001b[31mb\\n::error::c'); });
      return new Promise((done) => setTimeout(done, 60_000));
    });`;
  const argv = ['--input-type=module', '-e', script];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', env: {} });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^::error::ab%0A::error::c \(an error in azl itself; .*\)\n$/);
  expect(status).toBe(1);
});

it('a limit that was reached is no error in azl itself', () => {
  const [module, limits] = ['github/action.ts', 'host/limit-error.ts'].map((name) =>
    JSON.stringify(join(import.meta.dirname, '../../../src/shared', name)),
  );
  const script = `
    const { runAction } = await import(${module});
    const { LimitError } = await import(${limits});
    await runAction([], () => { throw new LimitError('seconds', 'did not end within 1 hour'); });`;
  const argv = ['--input-type=module', '-e', script];
  const { status, stdout } = spawnSync(process.execPath, argv, { encoding: 'utf8', env: {} });
  expect([status, stdout]).toEqual([1, '::error::A step of the work did not end within 1 hour\n']);
});

it('an action whose output nobody reads any more ends', async () => {
  const module = join(import.meta.dirname, '../../../src/shared/github/action.ts');
  const script = `
    const { runAction } = await import(${JSON.stringify(module)});
    await runAction([], async ({ log, signal }) => {
      while (!signal.aborted) {
        log.info('still here');
        await new Promise((done) => setTimeout(done, 10));
      }
      signal.throwIfAborted();
    });`;
  const argv = ['--input-type=module', '-e', script];
  const child = spawn(process.execPath, argv, { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.stderr.destroy();
  expect(await ended).toEqual([130, null]);
});
