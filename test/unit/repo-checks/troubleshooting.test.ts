import { describe, expect, it } from 'vitest';
import { tableRows } from '../../support/doc-paths.ts';
import { readTexts } from '../../support/source-code.ts';

const sources = [...readTexts('{src,cli,actions/*/src}/**/*.{ts,py,sh}').values()].join('\n');
const rows = tableRows(readTexts('docs/troubleshooting.md').get('docs/troubleshooting.md') ?? '');

/** The fixed parts of the messages that a cell quotes: `a … b` has two. */
function fixedParts(cell: string): string[] {
  const quoted = [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text as string);
  return quoted.flatMap((text) => text.split('…')).filter((part) => part.trim() !== '');
}

describe('docs/troubleshooting.md', () => {
  it('quotes only messages that azl prints', () => {
    const unknown = rows.flatMap(([message = '']) =>
      fixedParts(message).filter((part) => !sources.includes(part)),
    );
    expect(unknown).toEqual([]);
  });

  it('says of each message why it comes and what to do', () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const [message = '', why, todo] of rows) {
      expect(fixedParts(message).join('').length, message).toBeGreaterThan(8);
      expect(why, message).toMatch(/\S/);
      expect(todo, message).toMatch(/\S/);
    }
  });

  it('is compared by its fixed parts', () => {
    expect(fixedParts('`a …, b`, `c`')).toEqual(['a ', ', b', 'c']);
  });
});
