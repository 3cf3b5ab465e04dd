import { describe, expect, it } from 'vitest';
import { failureKinds } from '../../../src/shared/model/outcome.ts';
import { nextStep } from '../../../src/shared/report/next-step.ts';

describe('what helps after a failure', () => {
  it.each([
    ['build', 'make -C ../azl shell PACKAGE=app'],
    ['check', 'PACKAGE_BUILD_LIST=app RUN_CHECK=true'],
    ['requirement', 'make -C ../azl plan PACKAGE_BUILD_LIST=app'],
    ['cycle', '`break-cycles`'],
    ['input', 'make -C ../azl input-srpms PACKAGE_BUILD_LIST=app'],
    ['clash', 'Rename what both make'],
    ['time-budget', '`heavy-time-budget`'],
    ['shards', '`heavy-runs-on`'],
    ['seconds', '`app: seconds=86400`'],
    ['memory', '`app: memory=24G`'],
    ['processes', '`app: processes=16384`'],
    ['disk', '`app: disk=60G`'],
    ['log', '`app: log=1G`'],
  ] as const)('of the kind %s is %s', (kind, words) => expect(nextStep('app', kind, false)).toContain(words));

  it('is a shell only where there is a build root', () => {
    const shells = failureKinds.filter((kind) => / shell /.test(nextStep('app', kind, false)));
    expect(shells).toEqual(['build', 'check']);
    expect(nextStep('app', undefined, false)).toContain(' shell ');
  });

  it('is another for each kind', () => {
    expect(new Set(failureKinds.map((kind) => nextStep('app', kind, false))).size).toBe(failureKinds.length);
  });

  it('names limits that the input takes', async () => {
    const { packageLimits } = await import('../../../src/shared/builder/package-limits.ts');
    for (const kind of ['seconds', 'memory', 'processes', 'disk', 'log', 'shards'] as const) {
      const limit = /`(app: [^`]+)`/.exec(nextStep('app', kind, false))?.[1] ?? '';
      expect(Object.keys(packageLimits(limit, 'package-limits')), limit).toEqual(['app']);
    }
  });
});
