import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOutputs } from '../../../cli/src/outputs.ts';

describe('the outputs of a bundle', () => {
  it('are read in both forms', () => {
    expect(parseOutputs('a=1=2\n\nb<<E\nx\ny=z\nE\nc=\n')).toEqual({ a: '1=2', b: 'x\ny=z', c: '' });
  });

  it('may hold `<<` in a plain value', () => {
    expect(parseOutputs('a=x<<y\n')).toEqual({ a: 'x<<y' });
  });

  it.each(['a<<E\nx\n', 'nothing\n', '=x\n'])('refuse %j', (text) => {
    expect(() => parseOutputs(text)).toThrow();
  });

  it('keep any values', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z][a-z-]*$/), fc.string()), (outputs) => {
        const text = Object.entries(outputs)
          .map(([name, value]) => `${name}<<ghadelimiter_1\n${value}\nghadelimiter_1\n`)
          .join('');
        expect(parseOutputs(text)).toEqual({ ...outputs });
      }),
    );
  });
});
