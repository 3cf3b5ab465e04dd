import { expect, it } from 'vitest';
import { plainLine, plainText } from '../../../src/shared/base/plain-line.ts';

it.each([
  ['[\u001b[0;32m  OK  \u001b[0m] Reached\u0007 it\r', '[  OK  ] Reached it'],
  ['a\u202eb\u2066c\u2028::error::d', 'abc::error::d'],
  ['a\u200eb\u200fc\u061cd\u0085e\u009b31mf', 'abcde31mf'],
  ['a man \u{1f468}\u200d\u{1f527} stays', 'a man \u{1f468}\u200d\u{1f527} stays'],
  ['tab\tstays, blanks at the end go \t', 'tab\tstays, blanks at the end go'],
])('plainLine(%j) is %j', (line, plain) => {
  expect(plainLine(line)).toBe(plain);
});

it('plainText ends a line at a carriage return', () => {
  expect(plainText('10%\r20%\r\n\u001b[1mdone\u001b[0m \n\nx')).toBe('10%\n20%\ndone\n\nx');
});
