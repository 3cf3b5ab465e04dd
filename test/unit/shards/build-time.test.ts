import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hadWholeBudget, secondsForBuild } from '../../../src/shared/shards/scheduler/build-time.ts';
import { defaultSettings } from '../../../src/shared/shards/scheduler/settings.ts';

it('gives a build what its shard has left and somewhat more, so that a job of six hours can publish after it', () => {
  expect(secondsForBuild(defaultSettings, 0)).toBeLessThan(5.9 * 3600);
  expect(secondsForBuild(defaultSettings, 3600)).toBe(secondsForBuild(defaultSettings, 0) - 3600);
  expect(secondsForBuild(defaultSettings, 1e6)).toBe(60);
});

it('lets a package fail for its time only where it had about all that a shard has', () => {
  const started = (elapsed: number) =>
    hadWholeBudget(defaultSettings, secondsForBuild(defaultSettings, elapsed));
  expect(started(0)).toBe(true);
  expect(started(defaultSettings.timeBudget * 0.05)).toBe(true);
  expect(started(defaultSettings.timeBudget * 0.5)).toBe(false);
});

it('ends surely: whoever takes what ran out before runs it longer, until one had a whole budget', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 60, max: 40_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (timeBudget, luck) => {
        const settings = { timeBudget };
        let expected = 0;
        for (let tries = 0; tries < 16; tries++) {
          // A shard takes it with more left than that, whatever it is.
          const left = expected + luck * (timeBudget - expected);
          const ran = secondsForBuild(settings, timeBudget - left);
          if (hadWholeBudget(settings, ran)) return;
          expect(ran).toBeGreaterThan(expected);
          expected = ran;
        }
        expect.unreachable('it was tried again and again');
      },
    ),
  );
});
