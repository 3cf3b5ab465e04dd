import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type DocumentReader, documentReaders } from '../../support/document-readers.ts';
import {
  hostileValues,
  placesIn,
  textWith,
  textWithField,
  valueAt,
  withoutValue,
} from '../../support/hostile-values.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();
const readers = await documentReaders(temporary());

/** What was tried, and how long the slowest took: for the report of the tests. */
const figures = { cases: 0, slowest: 0, of: '' };
afterAll(() => {
  console.info(
    `${figures.cases} hostile documents and files; the slowest took ${Math.round(figures.slowest)} ms: ${figures.of}`,
  );
});

/** Lays a case and reads it. @returns true if its content was taken. Nothing is left beside its folder. */
async function isTaken(
  reader: DocumentReader,
  what: string,
  text: string,
  change: (path: string) => unknown = () => {},
): Promise<boolean> {
  const around = temporary();
  const dir = join(around, 'deep', 'case');
  mkdirSync(dir, { recursive: true });
  change(reader.lay(dir, text));
  const started = performance.now();
  const taken = await reader.isTaken(dir);
  const milliseconds = performance.now() - started;
  if (milliseconds > figures.slowest)
    Object.assign(figures, { slowest: milliseconds, of: `${reader.name}, ${what}` });
  figures.cases++;
  expect([readdirSync(around), readdirSync(join(around, 'deep'))]).toEqual([['deep'], ['case']]);
  rmSync(around, { recursive: true });
  return taken;
}

describe.each(readers)('$name', (reader) => {
  const { value } = reader;
  const places = placesIn(value);
  const nameOf = (steps: (typeof places)[number]) => steps.map((step) => `.${step}`).join('');

  it('is taken as it is', async () => {
    expect(await isTaken(reader, 'as it is', JSON.stringify(value))).toBe(true);
  });

  it('is refused with each field of another type, size or form', { timeout: 600_000 }, async () => {
    const taken: string[] = [];
    for (const steps of places) {
      const name = nameOf(steps);
      // What may be absent may be its own default, too.
      const values = hostileValues(reader.texts.test(name));
      for (const one of values) {
        if (JSON.stringify(valueAt(value, steps)) === one.text) continue;
        const what = `${name}: ${one.name}`;
        if (await isTaken(reader, what, textWith(value, steps, one.text))) taken.push(what);
      }
    }
    expect(taken).toEqual([]);
  });

  it('is refused without a field, and with a further one', { timeout: 120_000 }, async () => {
    const taken: string[] = [];
    for (const steps of places) {
      const name = nameOf(steps);
      const one = valueAt(value, steps);
      const isField = typeof steps.at(-1) === 'string';
      if (
        isField &&
        !reader.optional.test(name) &&
        (await isTaken(reader, name, JSON.stringify(withoutValue(value, steps))))
      )
        taken.push(`without ${name}`);
      if (typeof one !== 'object' || one === null || Array.isArray(one)) continue;
      for (const field of ['further', '__proto__'])
        if (await isTaken(reader, name, textWithField(value, steps, field)))
          taken.push(`${name} with ${field}`);
    }
    expect(taken).toEqual([]);
  });

  it.each<[string, (path: string) => unknown]>([
    ['cut short', (path) => truncateSync(path, 12)],
    ['empty', (path) => truncateSync(path, 0)],
    ['huge', (path) => truncateSync(path, 2 ** 40)],
    ['absent', (path) => rmSync(path)],
    ['a link', (path) => instead(path, () => symlinkSync('/etc/passwd', path))],
    ['a link to itself', (path) => instead(path, () => symlinkSync(path, path))],
    ['a folder', (path) => instead(path, () => mkdirSync(path))],
    ['a pipe', (path) => instead(path, () => execFileSync('mkfifo', [path]))],
    ['a device', (path) => instead(path, () => execFileSync('mknod', [path, 'c', '1', '5']))],
    ['an endless line', (path) => writeFileSync(path, `{"schema":"${'x'.repeat(2e7)}`)],
  ])('is refused when its file is %s', async (what, change) => {
    expect(await isTaken(reader, what, JSON.stringify(value), change)).toBe(false);
  });

  it('is refused or taken, and never breaks its reader, with anything anywhere', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.json({ maxDepth: 3 }), async (steps, text) => {
        await isTaken(reader, nameOf(steps), textWith(value, steps, text));
      }),
      { numRuns: 25 },
    );
  });
});

function instead(path: string, make: () => unknown): void {
  rmSync(path);
  make();
  expect(existsSync(join(path, '..'))).toBe(true);
}
