import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ScheduleResults, scheduleFigures } from '../../../bench/schedule/figures.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { withBlock } from '../../../scripts/markdown.ts';
import { compactAt, defaultSettings } from '../../../src/shared/shards/scheduler/settings.ts';

const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const results = JSON.parse(read('bench/schedule/results.json')) as ScheduleResults;

describe('the figures of docs/shards.md', () => {
  it('are those of bench/schedule/results.json', () => {
    const page = read('docs/shards.md');
    expect(page).toContain('<!-- bench-schedule -->');
    expect(page).toBe(withBlock(page, 'bench-schedule', `\n${scheduleFigures(results)}\n`));
  });

  it('stay within what is promised', () => {
    expect(results).toMatchObject({ packages: 1404, seeds: 20, compactAt });
    expect(results.rows.map(({ shards, deaths }) => [shards, deaths])).toEqual([
      [8, 0],
      [20, 0],
      [60, 0],
      [20, 3],
    ]);
    for (const { shards, deaths, ratio, idle, listed, createdByJob, jobs } of results.rows) {
      expect(ratio, `${shards} shards`).toBeLessThanOrEqual(deaths === 0 ? 1.05 : 1.15);
      expect(idle).toBeLessThanOrEqual(0.15);
      expect(listed).toBeLessThan(results.limits.listed);
      expect(createdByJob).toBeLessThanOrEqual(results.limits.createdByJob);
      expect(jobs).toBeLessThanOrEqual(results.limits.jobs);
    }
  });
});

describe('a first run, of which nothing is known', () => {
  it('builds every package', () => {
    expect(results.firstRuns.map(({ maxShards }) => maxShards)).toEqual([8, 20]);
    for (const { built, entries, seeds } of results.firstRuns) {
      expect(built).toBe(results.packages);
      expect(entries).toBeLessThanOrEqual(results.limits.jobs);
      expect(seeds).toBeGreaterThanOrEqual(10);
    }
  });
});

describe('what shards go by', () => {
  it('is what the actions say when nothing is given', () => {
    const text = read('actions/build-packages/action.yml');
    const of = (input: string) =>
      Number(new RegExp(`^  ${input}:\\n.*\\n    default: "(\\d+)"`, 'm').exec(text)?.[1]);
    expect({
      heartbeatInterval: of('heartbeat-interval'),
      lease: of('claim-lease'),
      pollInterval: of('poll-interval'),
      batchDelay: of('batch-delay'),
      batchBytes: of('batch-size') * 1e6,
      timeBudget: of('time-budget') * 60,
      slots: 1,
    }).toEqual(defaultSettings);
  });

  it('leaves half an hour of a hosted job’s six to what takes longer than expected', () => {
    expect(defaultSettings.timeBudget).toBe(6 * 3600 - 1800);
  });
});
