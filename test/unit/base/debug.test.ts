import { afterEach, describe, expect, it } from 'vitest';
import { debug, debugCall, setDebugSink, withoutSecrets } from '../../../src/shared/base/debug.ts';

/** Records the debug log until the test ends. Durations become `N`. */
function recordDebug(): string[] {
  const lines: string[] = [];
  setDebugSink((message) => lines.push(message.replace(/\(\d+\.\d{3} s\)$/, '(N s)')));
  return lines;
}
afterEach(() => setDebugSink(undefined));

describe('the debug log', () => {
  it('composes no message that nobody reads', async () => {
    const fail = (): never => {
      throw new Error('composed');
    };
    debug(fail);
    expect(await debugCall(fail, async () => 1, fail)).toBe(1);
  });

  it('has each call with its answer and its duration', async () => {
    const lines = recordDebug();
    await debugCall(
      () => 'cache: a',
      async () => 'b',
      (value) => `found ${value}`,
    );
    await debugCall(
      () => 'cache: c',
      async () => undefined,
    );
    expect(lines).toEqual(['cache: a: found b (N s)', 'cache: c: done (N s)']);
  });

  it('has the error of a call that fails, and passes it on', async () => {
    const lines = recordDebug();
    const call = debugCall(
      () => 'cache: a',
      async () => {
        throw new Error('no answer');
      },
    );
    await expect(call).rejects.toThrow('no answer');
    expect(lines).toEqual(['cache: a: failed: no answer (N s)']);
  });

  it.each([
    ['a token', 'Bearer ghs_abcdef', 'Bearer ***'],
    ['the user of an address', 'get https://me:pass@host.example/a', 'get https://***@host.example/a'],
    ['nothing else', 'mail me@host.example', 'mail me@host.example'],
  ])('hides %s', (_what, message, shown) => {
    expect(withoutSecrets(message, ['ghs_abcdef'])).toBe(shown);
  });
});
