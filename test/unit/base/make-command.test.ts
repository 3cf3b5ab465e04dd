import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callVariable, type MakeCall, makeCommand } from '../../../src/shared/base/make-command.ts';

const called = (call: MakeCall) => ({ [callVariable]: JSON.stringify(call) });

describe('a command for make', () => {
  const call = called({
    make: 'make -C ../azl',
    given: { shell: { SPECS_DIR: 'my specs', PACKAGE: 'other' }, image: { CONFIG_FILE: 'a.json' } },
  });

  it('is called as make was, with what the user gave and the target takes', () => {
    expect(makeCommand('shell', { PACKAGE: 'less' }, call)).toBe(
      "make -C ../azl shell PACKAGE=less SPECS_DIR='my specs'",
    );
    expect(makeCommand('image', {}, call)).toBe('make -C ../azl image CONFIG_FILE=a.json');
    expect(makeCommand('doctor', {}, call)).toBe('make -C ../azl doctor');
  });

  it('is one for a checkout beside the repository where nobody called make', () => {
    expect(makeCommand('shell', { PACKAGE: 'less' }, {})).toBe('make -C ../azl shell PACKAGE=less');
    const elsewhere = { 'INPUT_SPECS-DIR': 'packages' };
    expect(makeCommand('signatures', {}, elsewhere)).toBe('make -C ../azl signatures SPECS_DIR=packages');
    expect(makeCommand('signatures', {}, { 'INPUT_SPECS-DIR': 'SPECS' })).toBe('make -C ../azl signatures');
    for (const target of ['plan', 'input-srpms', 'build-packages', 'image', 'shell'])
      expect(makeCommand(target, {}, elsewhere)).toBe(`make -C ../azl ${target} SPECS_DIR=packages`);
    expect(makeCommand('toolchain', {}, elsewhere)).toBe('make -C ../azl toolchain');
  });

  it('gives each value back through a shell and make', () => {
    const dir = mkdtempSync(join(tmpdir(), 'azl-test-'));
    writeFileSync(join(dir, 'Makefile'), 'export V\nx: ; @printf %s "$$V"\n');
    const value = fc.stringMatching(/^[ -~]+$/).filter((text) => text.trim() === text);
    try {
      fc.assert(
        fc.property(value, (text) => {
          const command = makeCommand('x', { V: text }, called({ make: 'make -s', given: {} }));
          expect(execFileSync('/bin/sh', ['-c', command], { cwd: dir }).toString()).toBe(text);
        }),
        { numRuns: 60, examples: [['$(shell id)'], ["it's $HOME"], ['a#b\\#c'], ['two\nlines']] },
      );
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
