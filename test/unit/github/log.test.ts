import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { commandReader } from '../../../cli/src/workflow-commands.ts';
import { debug } from '../../../src/shared/base/debug.ts';
import { actionLog, inert, secretsIn } from '../../../src/shared/github/log.ts';

/** Whether GitHub's runner would look for a command in a line that it reads. */
const acts = (line: string) => /^[\s\u0085\ufeff]*::/.test(line) || line.includes('##[');

describe('a text in the log', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['a ::error::b', 'a ::error::b'],
    ['std::string', 'std::string'],
    ['::error::x', '│ ::error::x'],
    ['    ::stop-commands::x', '│     ::stop-commands::x'],
    ['\t ::add-mask::a', '│ \t ::add-mask::a'],
    ['beta: failed\n    ::set-env name=a::b\nc', 'beta: failed\n│     ::set-env name=a::b\nc'],
    ['a\r::error::x', 'a\r│ ::error::x'],
    ['a\r\n::error::x', 'a\r\n│ ::error::x'],
    ['a\u2028::error::x', 'a\u2028│ ::error::x'],
    ['\u00a0\u0085\ufeff::error::x', '│ \u00a0\u0085\ufeff::error::x'],
    ['\u2028::error::x', '│ \u2028│ ::error::x'],
    ['##[error]x', '## [error]x'],
    ['made ##[add-mask]a ##[warning]b', 'made ## [add-mask]a ## [warning]b'],
    ['###[x', '### [x'],
  ])('%j', (message, shown) => expect(inert(message)).toBe(shown));

  it('is obeyed by neither reader, whatever a package writes', () => {
    const part = fc.constantFrom(
      '::',
      '##[',
      'error',
      'stop-commands',
      ']',
      ' ',
      '\n',
      '\r',
      '\u2028',
      'x',
      '│',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const shown = inert(parts.join(''));
        for (const line of shown.split(/\r\n|[\r\n]/)) expect(acts(line), JSON.stringify(line)).toBe(false);
        const read = commandReader();
        for (const line of shown.split(/\r\n|[\r\n\u2028\u2029]/)) expect(read(line).kind).toBe('text');
      }),
    );
  });
});

it('shows no control character, and takes no command that is behind one', () => {
  const said: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const log = actionLog(undefined);
  const sly = 'a\u001b[31mb\u0007\r\u001b[0m::error::c\n\u202e\u0000::add-mask::d';
  log.info(sly);
  log.progress(sly);
  log.warn(sly);
  log.error({ message: sly });
  log.end();
  write.mockRestore();
  const shown = said.join('');
  expect(shown).not.toMatch(/[^\P{Cc}\n\t]|\u202e/u);
  expect(said[0]).toBe('ab\n│ ::error::c\n│ ::add-mask::d\n');
  const commands = shown.split('\n').filter((line) => line.startsWith('::'));
  expect(commands).toEqual([
    '::warning::ab%0A::error::c%0A::add-mask::d',
    '::error::ab%0A::error::c%0A::add-mask::d',
  ]);
});

describe.each(['error', 'warn'] as const)('problems of the kind %s', (kind) => {
  const command = kind === 'error' ? 'error' : 'warning';
  afterEach(() => vi.unstubAllEnvs());

  const lines = (there: string, count: number): string[] => {
    vi.stubEnv('GITHUB_ACTIONS', there);
    vi.stubEnv('GITHUB_WORKSPACE', process.cwd());
    const said: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const log = actionLog(undefined);
    for (let at = 0; at < count; at++) log[kind]({ message: `::fault ${at}`, file: 'a.spec', line: 3 });
    log.end();
    write.mockRestore();
    return said.join('').trim().split('\n');
  };

  it.each([
    ['true', 9],
    ['', 12],
  ])('are annotations as long as GitHub shows them (GITHUB_ACTIONS=%j)', (there, count) => {
    const shown = lines(there, count);
    expect(shown).toHaveLength(count);
    for (const line of shown) expect(line).toMatch(new RegExp(`^::${command} file=a\\.spec,line=3::`));
  });

  it('are plain lines after that, which the last annotation counts', () => {
    const shown = lines('true', 12);
    expect(shown.slice(0, 9).every((line) => line.startsWith(`::${command} file=a.spec,line=3::`))).toBe(
      true,
    );
    for (const line of shown.slice(9, 12)) expect(line).toMatch(/^(Error|Warning): a\.spec:3: ::fault \d+$/);
    expect(shown.slice(12)).toEqual([`::${command}::3 more ${command}s are in the log of this step`]);
    expect(lines('true', 10).at(-1)).toBe(`::${command}::1 more ${command} is in the log of this step`);
  });
});

describe('the debug log of an action', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  /** What an action with this RUNNER_DEBUG writes of one debug message. */
  const written = (runnerDebug: string, message: string): string => {
    vi.stubEnv('RUNNER_DEBUG', runnerDebug);
    vi.stubEnv('ACTIONS_RUNTIME_TOKEN', 'a-runtime-token');
    const lines: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0);
    const log = actionLog(undefined);
    debug(() => message);
    log.end();
    debug(() => 'after the end');
    return lines.join('');
  };

  it('is written with RUNNER_DEBUG=1 alone, as commands of the runner, without secrets', () => {
    expect(written('1', '$ tool a-runtime-token')).toBe('::debug::$ tool ***\n');
    expect(written('', '$ tool')).toBe('');
  });

  it('takes the values of tokens, secrets and passwords for secrets, longest first', () => {
    const environment = {
      INPUT_TOKEN: 'abcd',
      MY_SECRET: 'abcdef',
      A_PASSWORD: 'abcde',
      PATH: '/bin',
      NO_TOKEN: '',
    };
    expect(secretsIn(environment)).toEqual(['abcdef', 'abcde', 'abcd']);
  });
});
