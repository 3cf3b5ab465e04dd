import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotationText, createScreen, cut } from '../../../cli/src/screen.ts';

function screen(options: { color?: boolean; width?: number; debug?: boolean } = {}) {
  const written: string[] = [];
  const surface = (name: string) => ({ write: (text: string) => written.push(`${name}:${text}`) });
  const drawn = createScreen({
    out: surface('out'),
    err: surface('err'),
    color: options.color ?? false,
    width: () => options.width,
    debug: options.debug ?? false,
  });
  return { drawn, written };
}

describe('a screen', () => {
  it('without colours holds no escape sequence', () => {
    const { drawn, written } = screen();
    drawn.show({ kind: 'group', text: 'Build' });
    drawn.show({ kind: 'text', text: 'a' });
    drawn.show({ kind: 'end' });
    drawn.show({ kind: 'warning', text: 'w' });
    drawn.show({ kind: 'error', text: 'e', file: 'f.spec', line: '3' });
    drawn.show({ kind: 'debug', text: 'd' });
    expect(written).toEqual(['out:==> Build\n', 'out:a\n', 'err:warning: w\n', 'err:error: f.spec:3: e\n']);
  });

  it('draws errors in red where colours are wanted', () => {
    const { drawn, written } = screen({ color: true });
    drawn.show({ kind: 'error', text: 'e' });
    expect(written).toEqual(['err:\u001b[31merror: e\u001b[0m\n']);
  });

  it('shows debug lines only where they are wanted, further lines of a message indented', () => {
    const { drawn, written } = screen({ debug: true });
    drawn.show({ kind: 'debug', text: 'd' });
    drawn.show({ kind: 'debug', text: 'key of bash\nspec: 1\u001b[2J' });
    expect(written).toEqual(['out:debug: d\n', 'out:debug: key of bash\n       spec: 1\n']);
  });

  it('draws no live line without a terminal', () => {
    const { drawn, written } = screen();
    drawn.live('[1/2]');
    drawn.clear();
    expect(written).toEqual([]);
  });

  it('removes the live line before other output, and draws it again below', () => {
    const { drawn, written } = screen({ width: 20 });
    drawn.live('[1/2] bash');
    drawn.show({ kind: 'text', text: 'built' });
    drawn.live('[2/2]');
    drawn.clear();
    expect(written).toEqual([
      'out:[1/2] bash',
      'out:\r\u001b[2K',
      'out:built\n',
      'out:[1/2] bash',
      'out:\r\u001b[2K',
      'out:[2/2]',
      'out:\r\u001b[2K',
    ]);
  });
});

describe('text on the screen', () => {
  it('never wraps when it is the live line', () => {
    expect(cut('12345', 6)).toBe('12345');
    expect(cut('123456', 6)).toBe('1234…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 200 }), (line, width) => {
        expect([...cut(line, width)].length).toBeLessThan(width);
      }),
    );
  });

  it('names the place of an annotation once', () => {
    expect(annotationText({ kind: 'error', text: 'a.spec:3: bad', file: 'a.spec', line: '3' })).toBe(
      'error: a.spec:3: bad',
    );
    expect(annotationText({ kind: 'notice', text: 'n' })).toBe('n');
  });
});
