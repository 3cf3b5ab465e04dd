import { describe, expect, it } from 'vitest';
import { keyOf } from '../../../src/shared/cache-key/key.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import {
  type PackageReport,
  readHeartbeat,
  reportsByServiceClock,
} from '../../../src/shared/shards/protocol/heartbeat.ts';
import {
  differingBuilds,
  failureOf,
  newKnownResults,
  noteReport,
} from '../../../src/shared/shards/protocol/known-results.ts';
import { madeUpRpm } from '../../support/made-up.ts';

const digest = (letter: string) => letter.repeat(64);
const components = { spec: digest('9') };
const key = keyOf(components);
const read = (content: string) => readHeartbeat(content, { shard: 1, attempt: 1 });
const result = (outputDigest = digest('b'), shipDigest = digest('c')): Result =>
  ({
    schema: 'azl/result',
    version: 1,
    package: 'zlib',
    key,
    components,
    srpm: { file: 'zlib-1-1.src.rpm', size: 1, shipDigest: digest('d') },
    rpms: [{ ...madeUpRpm('zlib'), size: 2, shipDigest, outputDigest }],
    seconds: 1,
    parts: { srpm: 0, builddep: 0, build: 1 },
  }) as unknown as Result;
const reports = (more: Partial<PackageReport> = {}): PackageReport => ({
  package: 'zlib',
  key,
  state: 'built',
  reason: 'never built before',
  seconds: 1,
  started: 1_796_000_000.5,
  ended: 1_796_000_001.5,
  shard: 1,
  lines: [],
  result: result(),
  artifact: 'azl-result-1-1-1',
  id: 10,
  ...more,
});
const withRpm = (more: Partial<Rpm>): Result => ({
  ...result(),
  rpms: [{ ...(result().rpms[0] as Rpm), ...more }],
});
const text = (one: unknown) =>
  JSON.stringify({ schema: 'azl/heartbeat', version: 1, shard: 1, attempt: 1, reports: [one] });

describe('a heartbeat', () => {
  it('is read as it was written', () => {
    expect(read(text(reports())).reports).toEqual([reports()]);
    const failure = { ...reports(), state: 'failed', key: null };
    for (const field of ['result', 'artifact', 'id', 'started', 'ended'] as const) delete failure[field];
    expect(read(text(failure)).reports).toHaveLength(1);
  });

  it('reports how long builds ran that were ended with its shard’s time', () => {
    const with_ = (ranOut: unknown) => JSON.stringify({ ...JSON.parse(text(reports())), ranOut });
    const ran = [{ package: 'zlib', seconds: 77.5 }];
    expect(read(with_(ran)).ranOut).toEqual(ran);
    for (const wrong of [
      'zlib',
      [{ package: '../x', seconds: 1 }],
      [{ package: 'zlib' }],
      [{ package: 'zlib', seconds: -1 }],
    ])
      expect(() => read(with_(wrong)), JSON.stringify(wrong)).toThrow();
  });

  it('tells what %generate_buildrequires named, and nothing that no package can require', () => {
    const with_ = (generated: unknown) => JSON.stringify({ ...JSON.parse(text(reports())), generated });
    const run = {
      key: 'a'.repeat(64),
      package: 'zlib',
      requirements: ['python3dist(wheel) >= 1', '(a if b)'],
    };
    expect(read(with_([run])).generated).toEqual([run]);
    for (const wrong of [
      { ...run, key: 'a' },
      { ...run, package: '../zlib' },
      { ...run, requirements: ['two\nlines'] },
      { ...run, requirements: [''] },
      { ...run, requirements: ['x'.repeat(5000)] },
      { ...run, requirements: Array(10_001).fill('x') },
      { ...run, more: 1 },
    ])
      expect(() => read(with_([wrong])), JSON.stringify(wrong).slice(0, 100)).toThrow();
  });

  it('of a shard whose clock is wrong tells when builds were by the service’s clock', () => {
    const beat = (clock?: number) => ({
      ...read(text(reports())),
      ...(clock === undefined ? {} : { clock }),
    });
    const times = (clock: number | undefined, createdAt: number) =>
      reportsByServiceClock(beat(clock), createdAt).map(({ started, ended }) => [started, ended]);
    expect(times(1_796_000_010, 1_795_996_410)).toEqual([[1_795_996_400.5, 1_795_996_401.5]]);
    expect(times(1_796_000_010, 1_796_003_610)).toEqual([[1_796_003_600.5, 1_796_003_601.5]]);
    // It was on its way, or tells nothing of its clock.
    for (const clock of [1_795_999_960, undefined])
      expect(times(clock, 1_796_000_010)).toEqual([[1_796_000_000.5, 1_796_000_001.5]]);
  });

  it('may have long lines of a failure, as many as tell something', () => {
    const lines = Array(100).fill('x'.repeat(2000));
    expect(read(text(reports({ lines }))).reports[0]?.lines).toEqual(lines);
  });

  it.each([
    ['another version', text(reports()).replace('"version":1', '"version":2'), '$.version: '],
    ['another shard than its name', text(reports()).replace('"shard":1', '"shard":2'), '$.shard: '],
    ['another attempt', text(reports()).replace('"attempt":1', '"attempt":2'), '$.attempt: '],
    ['a clock that is none', text(reports()).replace('"reports"', '"clock":"now","reports"'), '$.clock: '],
    ['no list', '{"schema":"azl/heartbeat","version":1,"shard":1,"attempt":1}', "without 'reports'"],
    ['a further field', text({ ...reports(), more: 1 }), "with 'more'"],
    ['a report of another shard', text(reports({ shard: 2 })), '[0].shard: '],
    ['a package that is a path', text(reports({ package: '../etc' })), '[0].package: '],
    ['a state that is none', text({ ...reports(), state: 'left' }), '[0].state: '],
    ['a key that is none', text(reports({ key: 'a' })), '[0].key: '],
    ['a time that is none', text(reports({ started: '1' as never })), '[0].started: '],
    ['a time of no year', text(reports({ ended: 1e20 })), '[0].ended: '],
    ['an end before its beginning', text(reports({ ended: 1 })), '[0].ended: '],
    ['an end without a beginning', text({ ...reports(), started: undefined }), '[0].ended: '],
    ['an artifact that is a path', text(reports({ artifact: '/etc/passwd' })), '[0].artifact: '],
    ['no artifact', text(reports({ artifact: null })), '[0].artifact: '],
    ['a failed package with a result', text(reports({ state: 'failed' })), '[0]: This package failed'],
    ['a built package without a result', text({ ...reports(), result: undefined }), '[0].result: '],
    ['a result of another key', text(reports({ result: { ...result(), key: digest('f') } })), '$.key: '],
    [
      'a key of other components',
      text(reports({ result: { ...result(), components: {} } })),
      '$.components: ',
    ],
    [
      'a file that is a path',
      text(
        reports({ result: { ...result(), srpm: { file: '../../x.rpm', size: 1, shipDigest: digest('d') } } }),
      ),
      'srpm.file: ',
    ],
    [
      'a file of another kind',
      text(
        reports({ result: { ...result(), srpm: { file: 'result.json', size: 1, shipDigest: digest('d') } } }),
      ),
      'srpm.file: ',
    ],
    [
      'an RPM with the name of another',
      text(reports({ result: withRpm({ version: '2' }) })),
      '$.rpms[0].file: ',
    ],
    ['an architecture that is a path', text(reports({ result: withRpm({ arch: '../tmp' }) })), '.arch: '],
    [
      'provides that are no list',
      text(reports({ result: withRpm({ provides: null as never }) })),
      '.provides: ',
    ],
    [
      'requires that are no texts',
      text(reports({ result: withRpm({ requires: [1] as never }) })),
      'requires[0]: ',
    ],
    ['an epoch that is none', text(reports({ result: withRpm({ epoch: '1' as never }) })), '.epoch: '],
    ['lines that are no list', text(reports({ lines: 'x' as never })), '.lines: '],
    ['a line that is no text', text(reports({ lines: [1 as never] })), '.lines[0]: '],
    ['more lines than tell anything', text(reports({ lines: Array(101).fill('x') })), '.lines: '],
    ['a line without end', text(reports({ lines: ['x'.repeat(2001)] })), '.lines[0]: '],
    ['an artifact before all others', text(reports({ id: -1 })), '.id: '],
    ['a digest that is none', text(reports({ result: result('x') })), '.outputDigest: '],
  ])('is refused with %s', (_, written, words) => {
    expect(() => read(written)).toThrow(words);
  });
});

describe('of two results under one key', () => {
  const other = reports({ result: result(digest('e'), digest('f')), id: 5, shard: 2 });

  it('the one whose artifact came first counts, whichever was heard of first', () => {
    for (const order of [
      [reports(), other],
      [other, reports()],
    ]) {
      const known = newKnownResults();
      for (const one of order) noteReport(known, one);
      expect(known.results.get(key)?.id).toBe(5);
      expect(differingBuilds(known)).toMatchObject([
        { rpms: ['zlib'], counts: { shard: 2 }, others: [{ shard: 1 }] },
      ]);
    }
  });

  it('a lower one that comes late is news for who built on the other; a higher one is not', () => {
    const known = newKnownResults();
    expect(noteReport(known, reports())).toBe('more');
    expect(noteReport(known, other)).toBe('other');
    expect(noteReport(known, reports({ id: 99 }))).toBe('old');
  });

  it('either will do when their output digests are the same', () => {
    const known = newKnownResults();
    noteReport(known, reports());
    expect(noteReport(known, reports({ id: 5, shard: 2 }))).toBe('old');
    expect(differingBuilds(known)).toEqual([]);
  });

  it('the bytes of the first are published, also where no dependent sees the difference', () => {
    const known = newKnownResults();
    noteReport(known, reports());
    const unseen = reports({ result: result(digest('b'), digest('f')), id: 5, shard: 2 });
    expect(noteReport(known, unseen)).toBe('other');
    expect(differingBuilds(known)).toEqual([]);
  });

  it('one that was never published comes last', () => {
    const known = newKnownResults();
    const { id: _, ...unpublished } = reports();
    noteReport(known, unpublished);
    expect(noteReport(known, other)).toBe('other');
  });
});

it('a failure is found by its key, and by its package where there is none', () => {
  const known = newKnownResults();
  const { result: _, ...failed } = reports({ state: 'failed', reason: '%build failed' });
  noteReport(known, failed);
  expect(failureOf(known, 'zlib', key)?.reason).toBe('%build failed');
  expect(failureOf(known, 'zlib', digest('b'))).toBeUndefined();
  noteReport(known, { ...failed, key: null });
  expect(failureOf(known, 'zlib', digest('b'))).toBeDefined();
});
