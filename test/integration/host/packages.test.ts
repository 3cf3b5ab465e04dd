import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examine, judge } from '../../../src/shared/host/doctor.ts';
import { ensureCommands, findPackages, missingNeeds, needs } from '../../../src/shared/host/packages.ts';
import { recordingLog } from '../../../src/shared/log.ts';

const every = Object.values(needs).flat();

describe('what this host has', () => {
  it('is everything, since make test brought it; asking again says and does nothing', async () => {
    expect(missingNeeds(every)).toEqual([]);
    const log = recordingLog();
    await ensureCommands(every, log);
    expect(log.lines).toEqual([]);
  });

  it('has in its lists a package for each need', async () => {
    const found = await findPackages([...every]);
    expect(found.unknown).toEqual([]);
    expect(found.packages).toContain('bubblewrap');
  });
});

describe('the examination', () => {
  it('finds this machine fit, mounts nothing, and leaves nothing behind', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'azl-doctor-'));
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    try {
      const facts = await examine({
        buildDir: join(dir, 'build, with: marks'),
        cacheDir: join(dir, 'not', 'there'),
        needs: every,
        thorough: false,
      });
      expect(facts.overlay?.fault).toBe('');
      expect(facts.disk).toHaveLength(1);
      expect(judge(facts).filter(({ ok, mandatory }) => mandatory && !ok)).toEqual([]);
      expect(readdirSync(dir)).toEqual(['build, with: marks']);
      expect(readdirSync(join(dir, 'build, with: marks'))).toEqual([]);
      expect(existsSync(join(dir, 'not'))).toBe(false);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts);
  });
});
