import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEvr, compareVersions, formatEvr, parseEvr } from '../../../src/shared/rpm/version.ts';

const version = fc.string({
  unit: fc.constantFrom('0', '1', '9', 'a', 'B', '.', '_', '~', '^', '+', 'é'),
  maxLength: 8,
});

describe('compareVersions', () => {
  it.each([
    ['1.0', '1.0', 0],
    ['1.0', '1_0', 0],
    ['1.0', '2.0', -1],
    ['2.0.1', '2.0', 1],
    ['2.0.1a', '2.0.1', 1],
    ['5.5p1', '5.5p10', -1],
    ['10xyz', '10.1xyz', -1],
    ['xyz10', 'xyz10.1', -1],
    ['xyz.4', '8', -1],
    ['5.6p5', '6.5p1', -1],
    ['6.0.rc1', '6.0', 1],
    ['10b2', '10a1', 1],
    ['1.0aa', '1.0a', 1],
    ['10.0001', '10.1', 0],
    ['10.0001', '10.0039', -1],
    ['20101121', '20101122', -1],
    ['99999999999999999999999', '100000000000000000000000', -1],
    ['1.0~rc1', '1.0', -1],
    ['1.0~rc1~git1', '1.0~rc1', -1],
    ['1.0^', '1.0', 1],
    ['1.0^git1', '1.0^git2', -1],
    ['1.0^git1', '1.01', -1],
    ['1.0^20160101', '1.0.1', -1],
    ['1.0~rc1^git1', '1.0~rc1', 1],
    ['1.0^git1~pre', '1.0^git1', -1],
    ['1.0^', '1.0~', 1],
    ['', '', 0],
    ['1', '', 1],
    ['~', '', -1],
    ['^', '', 1],
  ])('%s against %s', (a, b, expected) => {
    expect(Math.sign(compareVersions(a, b))).toBe(expected);
    expect(Math.sign(compareVersions(b, a))).toBe(expected === 0 ? 0 : -expected);
  });

  it('is an order', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compareVersions(a, a)).toBe(0);
        expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
        const [low, middle, high] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(low, middle)).toBeLessThanOrEqual(0);
        expect(compareVersions(middle, high)).toBeLessThanOrEqual(0);
        expect(compareVersions(low, high)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an EVR', () => {
  it.each([
    ['1:2-3', { epoch: 1, version: '2', release: '3' }],
    ['2', { epoch: 0, version: '2' }],
    [':2-3', { epoch: 0, version: '2', release: '3' }],
    ['2-rc1-3', { epoch: 0, version: '2-rc1', release: '3' }],
    ['a:2-3', { epoch: 0, version: 'a:2', release: '3' }],
  ])('%s in parts', (text, parts) => {
    expect(parseEvr(text)).toEqual(parts);
  });

  it('is written as it was read', () => {
    expect(['1:2-3', '2', '2-3'].map((text) => formatEvr(parseEvr(text)))).toEqual(['1:2-3', '2', '2-3']);
  });

  it.each([
    ['1:1-1', '2-1', 1],
    ['0:1-1', '1-1', 0],
    ['1', '1-5', 0],
    ['1-4', '1-5', -1],
    ['2', '1-5', 1],
  ])('%s against %s', (a, b, expected) => {
    expect(compareEvr(a, b)).toBe(expected);
    expect(compareEvr(b, a)).toBe(expected === 0 ? 0 : -expected);
  });
});
