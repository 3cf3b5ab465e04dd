import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examineHost } from '../../../cli/src/doctor/examine-host.ts';
import { findingsOf } from '../../../cli/src/doctor/findings.ts';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { missingNeeds, needs } from '../../../src/shared/host/needs.ts';
import { ensureCommands, findPackages } from '../../../src/shared/host/packages.ts';

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
      const folders = {
        build: join(dir, 'deep/build, with: marks'),
        out: join(dir, 'out'),
        cache: join(dir, 'not', 'there'),
      };
      const facts = await examineHost({ needs: every, folders, thorough: false });
      expect(facts.overlay?.error).toBe('');
      expect(facts.disk).toHaveLength(1);
      expect(findingsOf(facts).filter(({ ok, mandatory }) => mandatory && !ok)).toEqual([]);
      expect(readdirSync(dir)).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts);
  });

  it('of what builds nothing looks neither at folders nor, when nothing is missing, at rights', async () => {
    const facts = await examineHost({ needs: every, thorough: false });
    const known = Object.entries(facts).flatMap(([fact, value]) => (value === undefined ? [] : [fact]));
    expect(known.sort()).toEqual(['cores', 'memoryBytes', 'missing', 'node', 'user']);
  });
});
