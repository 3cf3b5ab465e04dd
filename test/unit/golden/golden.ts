import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';

/*
 * Values that stay as they are whatever is moved, renamed or written anew: keys, digests, names, and the texts of what
 * other runs read. Another value here builds everything of everybody once more, or is not found again. Where that is
 * meant: AZL_GOLDEN=write node_modules/.bin/vitest run --project unit test/unit/golden
 */

/** True if the values are to be fixed anew. */
export const isWriting = process.env['AZL_GOLDEN'] === 'write';

export const log = recordingLog();
const scratch = mkdtempSync(join(tmpdir(), 'azl-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let folders = 0;

export function newFolder(): string {
  folders += 1;
  const dir = join(scratch, String(folders));
  mkdirSync(dir);
  return dir;
}

/** What is written of a value: its text, so that a difference can be read. */
export const text = (value: unknown) => JSON.stringify(value);
export const written = (path: string) => readFileSync(path, 'utf8');
export const byField = (value: object) =>
  Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, textDigest(text(inner))]));

type Values = Record<string, unknown>;

/**
 * Registers a test of each value: it is the one of `<subject>.json`.
 * @param valuesOf the values of today, by name; it gets the fixed ones
 */
export function fixedValues(
  subject: string,
  valuesOf: (fixed: Record<string, string>) => Values | Promise<Values>,
): void {
  const file = join(import.meta.dirname, `${subject}.json`);
  const golden: Record<string, string> = existsSync(file) ? JSON.parse(written(file)) : {};
  // The filter of system calls, which recipes hold, is another on other machines.
  describe.skipIf(process.arch !== 'x64')('stays as it is (skipped unless on x86_64):', async () => {
    const values = await valuesOf(golden);
    /** What lies in the file: a text as it is, all else as JSON. */
    const texts = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : text(value)]),
    );
    if (isWriting) writeFileSync(file, `${JSON.stringify(texts, null, 2)}\n`);
    const fixed = isWriting ? texts : golden;

    it.each(Object.keys(fixed))('%s', (name) => {
      const one = fixed[name] as string;
      // Says best what differs; but the order of fields counts, too: it is part of digests over them.
      if (typeof values[name] === 'object') expect(values[name]).toEqual(JSON.parse(one));
      expect(texts[name]).toBe(one);
    });

    it('nothing is left out', () => {
      expect(Object.keys(texts).sort()).toEqual(Object.keys(fixed).sort());
    });
  });
}
