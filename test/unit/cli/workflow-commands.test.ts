import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandReader, type OutputLine } from '../../../cli/src/workflow-commands.ts';

const read = (line: string): OutputLine => commandReader()(line);

describe('a line of a bundle', () => {
  it.each<[string, OutputLine]>([
    ['plain', { kind: 'text', text: 'plain' }],
    ['', { kind: 'text', text: '' }],
    ['a ::error::b', { kind: 'text', text: 'a ::error::b' }],
    ['  ::error::b', { kind: 'text', text: '  ::error::b' }],
    ['│ ::stop-commands::x', { kind: 'text', text: '│ ::stop-commands::x' }],
    ['::group::Build bash', { kind: 'group', text: 'Build bash' }],
    ['::endgroup::', { kind: 'end' }],
    ['::debug::x', { kind: 'debug', text: 'x' }],
    ['::error::one%0Atwo %25', { kind: 'error', text: 'one\ntwo %' }],
    ['::error::100%250A', { kind: 'error', text: '100%0A' }],
    ['::error::a::b', { kind: 'error', text: 'a::b' }],
    [
      '::error file=SPECS/a.spec,line=12,col=3::bad',
      { kind: 'error', text: 'bad', file: 'SPECS/a.spec', line: '12', column: '3' },
    ],
    ['::warning file=a%3Ab%2Cc::w', { kind: 'warning', text: 'w', file: 'a:b,c' }],
    ['::notice title=T::n', { kind: 'notice', text: 'n' }],
    ['::add-mask::secret', { kind: 'hidden' }],
    ['::unheard-of::x', { kind: 'text', text: '::unheard-of::x' }],
  ])('%s', (line, said) => {
    expect(read(line)).toEqual(said);
  });

  it('is text between stop-commands and its token', () => {
    const reader = commandReader();
    expect(reader('::stop-commands::t0ken')).toEqual({ kind: 'hidden' });
    expect(reader('::error::no')).toEqual({ kind: 'text', text: '::error::no' });
    expect(reader('::t0ken::')).toEqual({ kind: 'hidden' });
    expect(reader('::error::yes').kind).toBe('error');
  });

  it('keeps any message that was escaped as the toolkit does', () => {
    const escaped = (text: string) =>
      text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(read(`::error::${escaped(text)}`)).toEqual({ kind: 'error', text });
      }),
    );
  });
});
