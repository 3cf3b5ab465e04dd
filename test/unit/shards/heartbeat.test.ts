import { describe, expect, it } from 'vitest';
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
const result = (outputDigest = digest('b'), shipDigest = digest('c')): Result =>
  ({
    schema: 'azl/result',
    version: 1,
    package: 'zlib',
    key: digest('a'),
    components: {},
    srpm: { file: 'zlib-1-1.src.rpm', size: 1, shipDigest: digest('d') },
    rpms: [{ ...madeUpRpm('zlib'), file: 'zlib-1-1.x86_64.rpm', size: 2, shipDigest, outputDigest }],
    seconds: 1,
    parts: { srpm: 0, builddep: 0, build: 1 },
  }) as unknown as Result;
const reports = (more: Partial<PackageReport> = {}): PackageReport => ({
  package: 'zlib',
  key: digest('a'),
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
    expect(readHeartbeat(text(reports())).reports).toEqual([reports()]);
    const failure = { ...reports(), state: 'failed', key: null, result: undefined, artifact: undefined };
    Object.assign(failure, { started: undefined, ended: undefined });
    expect(readHeartbeat(text(failure)).reports).toHaveLength(1);
  });

  it('reports how long builds ran that were ended with its shard’s time', () => {
    const with_ = (ranOut: unknown) => JSON.stringify({ ...JSON.parse(text(reports())), ranOut });
    const ran = [{ package: 'zlib', seconds: 77.5 }];
    expect(readHeartbeat(with_(ran)).ranOut).toEqual(ran);
    for (const wrong of [
      'zlib',
      [{ package: '../x', seconds: 1 }],
      [{ package: 'zlib' }],
      [{ package: 'zlib', seconds: -1 }],
    ])
      expect(() => readHeartbeat(with_(wrong)), JSON.stringify(wrong)).toThrow();
  });

  it('of a shard whose clock is wrong tells when builds were by the service’s clock', () => {
    const beat = (clock?: number) => ({
      ...readHeartbeat(text(reports())),
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
    expect(readHeartbeat(text(reports({ lines }))).reports[0]?.lines).toEqual(lines);
  });

  it.each([
    ['another version', '{"schema":"azl/heartbeat","version":2,"reports":[]}', 'another version'],
    ['a clock that is none', text(reports()).replace('"reports"', '"clock":"now","reports"'), "'clock'"],
    ['no list', '{"schema":"azl/heartbeat","version":1}', "no list 'reports'"],
    ['a package that is a path', text(reports({ package: '../etc' })), "'package'"],
    ['a state that is none', text({ ...reports(), state: 'left' }), "'state'"],
    ['a key that is none', text(reports({ key: 'a' })), "'key'"],
    ['a time that is none', text(reports({ started: '1' as never })), "'started'"],
    ['a time of no year', text(reports({ ended: 1e20 })), "'ended'"],
    ['an end before its beginning', text(reports({ ended: 1 })), "'ended'"],
    ['an end without a beginning', text({ ...reports(), started: undefined }), "'started'"],
    ['an artifact that is a path', text(reports({ artifact: '/etc/passwd' })), "'artifact'"],
    ['a built package without a result', text({ ...reports(), result: undefined }), "'result.schema'"],
    ['a result of another key', text(reports({ result: { ...result(), key: digest('f') } })), "'result.key'"],
    [
      'a file that is a path',
      text(
        reports({ result: { ...result(), srpm: { file: '../../x.rpm', size: 1, shipDigest: digest('d') } } }),
      ),
      "'file'",
    ],
    [
      'a file of another kind',
      text(
        reports({ result: { ...result(), srpm: { file: 'result.json', size: 1, shipDigest: digest('d') } } }),
      ),
      "'file'",
    ],
    [
      'an architecture that is a path',
      text(reports({ result: withRpm({ arch: '../../../tmp' }) })),
      "'arch'",
    ],
    [
      'provides that are no list',
      text(reports({ result: withRpm({ provides: null as never }) })),
      "'provides'",
    ],
    [
      'requires that are no texts',
      text(reports({ result: withRpm({ requires: [1] as never }) })),
      "'requires'",
    ],
    ['an epoch that is none', text(reports({ result: withRpm({ epoch: '1' as never }) })), "'epoch'"],
    ['lines that are no list', text(reports({ lines: 'x' as never })), "'lines'"],
    ['a line that is no text', text(reports({ lines: [1 as never] })), "'lines'"],
    ['more lines than tell anything', text(reports({ lines: Array(101).fill('x') })), "'lines'"],
    ['a line without end', text(reports({ lines: ['x'.repeat(2001)] })), "'lines'"],
    ['an artifact before all others', text(reports({ id: -1 })), "'id'"],
    ['a digest that is none', text(reports({ result: result('x') })), "'outputDigest'"],
  ])('is refused with %s', (_, written, words) => {
    expect(() => readHeartbeat(written)).toThrow(words);
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
      expect(known.results.get(digest('a'))?.id).toBe(5);
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
  expect(failureOf(known, 'zlib', digest('a'))?.reason).toBe('%build failed');
  expect(failureOf(known, 'zlib', digest('b'))).toBeUndefined();
  noteReport(known, { ...failed, key: null });
  expect(failureOf(known, 'zlib', digest('b'))).toBeDefined();
});
