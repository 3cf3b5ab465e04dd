import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causes, explainFailure, lineLimits } from '../../../src/shared/builder/cause-lines.ts';

/** Logs of real failures: rpmbuild and the tools that it ran wrote them. */
const folder = new URL('./logs/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.log'))
  .map((name) => name.slice(0, -'.log'.length));
const logOf = (name: string) => readFileSync(new URL(`${name}.log`, folder), 'utf8');

interface Expected {
  section: string | null;
  reason: string | null;
  lines: string[];
}
const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<
  string,
  Expected
>;

const script = (section: string) => `Executing(${section}): /bin/sh -e /var/tmp/rpm-tmp.${section.slice(1)}`;
const ending = (section: string) => [
  `error: Bad exit status from /var/tmp/rpm-tmp.${section.slice(1)} (${section})`,
  ...['', 'RPM build errors:', `    Bad exit status from /var/tmp/rpm-tmp.${section.slice(1)} (${section})`],
];
const failing = (section: string, ...lines: string[]) =>
  explainFailure([script(section), ...lines, ...ending(section)].join('\n'));

describe('the failure in a real log', () => {
  it('is known for each of them', () => {
    expect(Object.keys(expected).sort()).toEqual(names.sort());
    expect(names.length).toBeGreaterThanOrEqual(60);
  });

  it.each(names)('%s: section, reason, and the three first lines', (name) => {
    const { section, reason, lines } = explainFailure(logOf(name));
    const found = { section: section ?? null, reason: reason ?? null, lines: lines.slice(0, 3) };
    expect(found).toEqual(expected[name]);
  });

  it('has a log for each kind of cause', () => {
    const lines = names.flatMap((name) => logOf(name).split('\n'));
    // The helper that writes this line is part of no distribution of the machine that made the logs.
    lines.push('*** ERROR: ambiguous python shebang in /usr/bin/x: #!/usr/bin/python. Change it to python3');
    const unseen = causes.filter((cause) => !lines.some((line) => cause.line.test(line)));
    expect(unseen.map((cause) => cause.line.source)).toEqual([]);
  });
});

describe('explainFailure', () => {
  it('names no line of more digits than a spec can have', () => {
    const said = (line: string) => explainFailure(`error: line ${line}: Unknown tag: x`).line;
    expect(said('12')).toBe(12);
    expect(said('9'.repeat(400))).toBeUndefined();
  });

  it("finds the section that failed in rpm's last words, not in its last script", () => {
    const log = ['%prep', '%build', '%install'].flatMap((one) => [script(one), '+ exit 0']);
    const missing = 'File not found: /usr/src/azl/BUILDROOT/root/usr/bin/x';
    const closing = [script('%license'), '+ exit 0', '', 'RPM build errors:', `    ${missing}`];
    const failure = explainFailure([...log, `error: ${missing}`, ...closing].join('\n'));
    expect(failure).toMatchObject({
      section: '%files',
      reason: '%files: 1 file not found',
      missing: ['/usr/bin/x'],
    });
    expect(failure.lines).toEqual(['File not found: /usr/bin/x']);
  });

  it("shows the builder's note on a missing file behind it", () => {
    const paths = ['/a/x', '/b/y'];
    const block = paths.map((path) => `    File not found: /usr/src/azl/BUILDROOT/root${path}`);
    const notes = [
      'azl: /b/y is not there. Of that name: /c/y',
      'azl: /a/x is not there. Of that name: /c/x',
    ];
    const log = ['Processing files: a-1-1.x', 'RPM build errors:', ...block, ...notes].join('\n');
    expect(explainFailure(log).lines).toEqual([
      ...['File not found: /a/x', '/a/x is not there. Of that name: /c/x'],
      ...['File not found: /b/y', '/b/y is not there. Of that name: /c/y'],
    ]);
  });

  it('lists some of many files, and counts the others', () => {
    const files = Array.from({ length: 40 }, (_, at) => `   /usr/share/doc/${at}`);
    const title = '    Installed (but unpackaged) file(s) found:';
    const { reason, lines } = explainFailure(
      [script('%install'), 'RPM build errors:', title, ...files].join('\n'),
    );
    expect(reason).toBe('%files: 40 files installed and not listed');
    expect(lines[2]).toBe('/usr/share/doc/0');
    expect(lines.at(-1)).toBe('(and 26 more in the log)');
  });

  it("names rpm's helper that failed", () => {
    const line = '*** ERROR: ambiguous python shebang in /usr/bin/x: #!/usr/bin/python. Change it to python3';
    const failure = failing('%install', '+ make install', '+ /usr/lib/rpm/redhat/brp-mangle-shebangs', line);
    expect(failure).toMatchObject({ reason: '%install failed (brp-mangle-shebangs)', section: '%install' });
    expect(failure.lines[0]).toBe(line);
  });

  it('takes the last script of a log without an end', () => {
    const killed = [script('%prep'), '+ exit 0', script('%build'), '+ make', 'cc -c a.c'].join('\n');
    expect(explainFailure(killed)).toMatchObject({
      section: '%build',
      reason: '%build failed without a message',
    });
  });

  it.each([
    ['an empty log', ''],
    ['an SRPM that was packed', 'warning: x\nWrote: /usr/src/azl/SRPMS/a-1-1.src.rpm\n'],
  ])('knows nothing of %s', (_what, log) => {
    expect(explainFailure(log)).toMatchObject({ section: undefined, reason: undefined, lines: [] });
  });

  it('looks at the last command first, and at those before it where make says that it gave up', () => {
    const early = "a.c:1:5: error: 'x' undeclared";
    expect(failing('%build', '+ probe', early, '+ run', 'late words').lines[0]).toBe('+ run');
    expect(failing('%build', '+ make', early, '+ recipe', 'make: *** [a.o] Error 1').lines[0]).toBe(early);
  });
});

it.each<[string, string[], string]>([
  ['a test of the script', ["+ '[' -e x ']'"], "+ '[' -e x ']'"],
  ['a status that the script kept', ['+ ret=2', "+ '[' 2 -ne 0 ']'", '+ exit 2'], 'a.c:1:1: error: x'],
  ['an exit after a log was shown', ['+ cat config.log', 'many words', '+ exit 1'], 'a.c:1:1: error: x'],
  ['a false', ['+ false'], 'a.c:1:1: error: x'],
])('after make, %s: the first line fits', (_what, after, first) => {
  expect(failing('%build', '+ make', 'a.c:1:1: error: x', ...after).lines[0]).toBe(first);
});

it('a test that failed decides before the words of one that passed', () => {
  const { lines } = failing(
    '%check',
    '+ ./run',
    "KeyError: 'x'",
    'PASS: a.sh',
    'FAIL: b.sh',
    '1 of 2 tests failed',
  );
  expect(lines[0]).toBe('FAIL: b.sh');
});

describe('lines of a failure', () => {
  it('are few, short and plain, whatever a log is made of', () => {
    const pool = [...new Set(names.flatMap((name) => logOf(name).split('\n')))];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pool), fc.string()), { maxLength: 60 }), (some) => {
        const { reason, lines, missing } = explainFailure(some.join('\n'));
        expect(lines.length).toBeLessThanOrEqual(20);
        for (const line of [...lines, ...missing, reason ?? '']) {
          expect(line.length).toBeLessThanOrEqual(lineLimits.characters);
          expect(line).not.toMatch(/[^\P{Cc}\t]/u);
        }
      }),
    );
  });

  it('are such as other jobs take, however long and many those of the log are', () => {
    const { lines } = failing('%build', ...Array(5000).fill(`${'x'.repeat(5000)} error: y`));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(20);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(lineLimits.characters);
  });

  it('hold no control character, and no end of a line', () => {
    const sly = 'a.c:1:1: error: \u001b[31mred\u001b[0m\u0007 \u202eback\u2028::error::x';
    const { lines } = failing('%build', '+ make', sly, 'after\r::warning::y', '\u001b]0;title\u0007');
    expect(lines[0]).toBe('a.c:1:1: error: red back::error::x');
    for (const line of lines) expect(line).not.toMatch(/[^\P{Cc}\t]|[\u2028-\u202e]/u);
  });
});

it.each([
  ['used more than 4 GiB of memory', 'hint: The input package-limits raises the limits of one package.'],
  [
    'wrote to the disk until only 1 GiB of it were free',
    'hint: It needs a larger disk, or fewer builds at once.',
  ],
])('a step that was ended has that reason and a remedy: it %s', (reason, hint) => {
  const log = `Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x\n+ make\nerror: noise\n\nazl: ended: it ${reason}\n`;
  const failure = explainFailure(log);
  expect(failure).toMatchObject({ reason: `%build ${reason}`, section: '%build', missing: [] });
  expect(failure.lines.slice(0, 2)).toEqual([hint, 'Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x']);
  expect(explainFailure(`${log}more\n`).reason).toBe('%build failed');
});
