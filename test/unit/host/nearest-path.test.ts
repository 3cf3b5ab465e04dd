import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nearestPathHint } from '../../../src/shared/host/nearest-path.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'azl-near-'));
  mkdirSync(join(dir, 'SPECS'));
  writeFileSync(join(dir, 'SPECS/minimal.json'), '');
});
afterEach(() => rmSync(dir, { recursive: true }));

it.each<[string, string | undefined]>([
  ['SPECZ', 'SPECS'],
  ['specs', 'SPECS'],
  ['SPECS/minimal.jsn', 'SPECS/minimal.json'],
  ['SPECS/other.txt', undefined],
  ['SPECS', undefined],
  ['SPECS/no.json', undefined],
  ['absent/minimal.json', undefined],
])('near to %s lies %s', (path, near) => {
  const hint = near === undefined ? undefined : `Did you mean '${join(dir, near)}'?`;
  expect(nearestPathHint(join(dir, path))).toBe(hint);
});
