import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  claimName,
  heartbeatName,
  parseName,
  resultName,
} from '../../../src/shared/shards/protocol/names.ts';

const number = fc.nat(9999);
const packageName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,20}$/);

it('says again what it was made of', () => {
  fc.assert(
    fc.property(number, packageName, number, number, fc.boolean(), (attempt, name, one, two, ended) => {
      expect(parseName(claimName(attempt, name, one))).toEqual({
        kind: 'claim',
        attempt,
        package: name,
        generation: one,
      });
      expect(parseName(heartbeatName(attempt, one, two, one + two, ended))).toEqual({
        kind: 'heartbeat',
        attempt,
        shard: one,
        publication: two,
        counter: one + two,
        ended,
      });
      expect(parseName(resultName(attempt, one, two))).toEqual({
        kind: 'result',
        attempt,
        shard: one,
        counter: two,
      });
    }),
  );
});

it.each([
  'azl-plan-1',
  'azl-claim-1-zlib',
  'azl-heartbeat-1-2-3',
  'azl-result-1-2-3-x',
  'x-azl-claim-1-a-0',
  '',
])('knows that %j is none of the exchange', (name) => {
  expect(parseName(name)).toBeUndefined();
});
