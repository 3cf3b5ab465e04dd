import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalPath,
  mayBeRevealed,
  parseCapability,
  spellingsOf,
} from '../../../src/shared/rpm/capability.ts';
import {
  isRich,
  nameOf,
  parseRequirement,
  plainCapabilitiesOf,
  type Requirement,
  satisfiedByOne,
  satisfies,
} from '../../../src/shared/rpm/requirement.ts';

/** A requirement with its operators first, so that a test shows how it was read. */
function shapeOf(one: Requirement): string {
  if (!isRich(one)) return one.text;
  const { kind, operands, otherwise } = one;
  const parts = [
    ...operands.map(shapeOf),
    ...(otherwise === undefined ? [] : [`else ${shapeOf(otherwise)}`]),
  ];
  return `${kind}[${parts.join(', ')}]`;
}

describe('a capability', () => {
  it('is parsed once into a value', () => {
    expect(parseCapability('zlib-devel')).toEqual({ kind: 'name', text: 'zlib-devel', name: 'zlib-devel' });
    expect(parseCapability(' zlib-devel  >= 1:1.3-2 ')).toMatchObject({
      ...{ kind: 'name', name: 'zlib-devel', comparison: '>=' },
      evr: { epoch: 1, version: '1.3', release: '2' },
    });
    expect(parseCapability('a == 1')).toMatchObject({ comparison: '=' });
    expect(parseCapability('a >= 1')).toBe(parseCapability('a >= 1'));
    expect(nameOf('libz.so.1()(64bit)')).toBe('libz.so.1()(64bit)');
  });

  it.each([
    '',
    'a b',
    'a >=',
    'a ! 1',
    'a = 1 2',
    'a constructor 1',
    'a __proto__ 1',
  ])('is a name that nothing provides where rpm could not have written it: %j', (text) =>
    expect(parseCapability(text)).toEqual({ kind: 'name', text, name: text.trim() }));

  it('is a path, whatever stands in it', () => {
    const text = '/usr/share/x/script (dev).tmpl';
    expect(parseCapability(text)).toEqual({ kind: 'path', text, path: text });
    expect(parseCapability('/bin/sh')).toMatchObject({ kind: 'path', path: '/usr/bin/sh' });
    expect(canonicalPath('/lib64/x = 1')).toBe('/usr/lib64/x = 1');
    expect(spellingsOf('/usr/bin/sh')).toEqual(['/usr/bin/sh', '/bin/sh']);
    expect(spellingsOf('/usr/share/x')).toEqual(['/usr/share/x']);
  });

  it.each([
    ['(a if b)', 'if[a, b]'],
    ['(a >= 1.0-1 or (b < 2 and c))', 'or[a >= 1.0-1, and[b < 2, c]]'],
    ['((a if b else c) unless d)', 'unless[if[a, b, else c], d]'],
    ['(a unless b else (c or d))', 'unless[a, b, else or[c, d]]'],
    ['(a or b or c)', 'or[a, b, c]'],
    ['(perl(Foo::Bar) >= 1 with perl(Foo::Bar) < 2)', 'with[perl(Foo::Bar) >= 1, perl(Foo::Bar) < 2]'],
    ['(libz.so.1()(64bit) without pkgconfig(x))', 'without[libz.so.1()(64bit), pkgconfig(x)]'],
    ['( a  and  b )', 'and[a, b]'],
    ['(if and with)', 'and[if, with]'],
    ['(/bin/sh or /usr/bin/sh (x))', '(/bin/sh or /usr/bin/sh (x))'],
    ['(a)', 'a'],
    ['(a', '(a'],
    ['()', '()'],
    ['(a or b and c)', '(a or b and c)'],
    ['(a or b) c', '(a or b) c'],
    ['(a xor b)', '(a xor b)'],
    ['(a or b else c)', '(a or b else c)'],
    [`${'('.repeat(500)}a${')'.repeat(500)}`, `${'('.repeat(500)}a${')'.repeat(500)}`],
  ])('is read as rpm reads %s', (text, shape) => {
    expect(shapeOf(parseRequirement(text))).toBe(shape);
  });

  it('keeps the versions of rich operands', () => {
    const texts = plainCapabilitiesOf(parseRequirement('(a >= 1.0-1 or (b < 2 and c))')).map(
      ({ text }) => text,
    );
    expect(texts).toEqual(['a >= 1.0-1', 'b < 2', 'c']);
  });

  it.each([
    ['(a with b)', ['a', 'b'], true],
    ['(a with b)', ['a'], false],
    ['(a without b)', ['a'], true],
    ['(a without b)', ['a', 'b'], false],
    ['(a with (b or c))', ['a', 'c'], true],
    ['((a without b) with c)', ['a', 'c'], true],
    ['a', ['a'], true],
  ])('%s is satisfied by one package that has %j: %s', (text, has, expected) => {
    const names = new Set<string>(has);
    expect(satisfiedByOne(parseRequirement(text), (plain) => names.has(plain.text))).toBe(expected);
  });

  it('never hangs or throws on any text', () => {
    const token = fc.constantFrom('(', ')', ' ', 'a', 'if', 'and', '>=', '1', 'p(x)', '\n');
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 20 }),
        (tokens) => void plainCapabilitiesOf(parseRequirement(`(${tokens.join('')}`)),
      ),
    );
  });

  it.each([
    ['a', 'a', true],
    ['a', 'b', false],
    ['a = 1', 'a', true],
    ['a', 'a >= 5', true],
    ['a = 1.0-1', 'a = 1.0', true],
    ['a = 1.0-1', 'a >= 1.0', true],
    ['a = 1.0-1', 'a > 1.0', false],
    ['a = 1.0-1', 'a < 1.0-2', true],
    ['a = 1.0-1', 'a = 1.0-2', false],
    ['a = 1:1.0-1', 'a >= 2.0', true],
    ['a = 2.0-1', 'a < 1:1', true],
    ['a = 1.0~rc1-1', 'a >= 1.0', false],
    ['a >= 1', 'a <= 2', true],
    ['a < 1', 'a > 1', false],
    ['a <= 1', 'a >= 1', true],
    ['a < 1', 'a < 0.5', true],
    ['/bin/sh', '/bin/sh', true],
    ['/bin/sh', '/usr/bin/sh', false],
    ['(a or b)', 'a', false],
  ])('%s satisfies %s: %s', (provide, require, expected) => {
    expect(satisfies(provide, require)).toBe(expected);
  });

  it.each([
    ['libz.so.1()(64bit)', true],
    ['libc.so.6(GLIBC_2.34)(64bit)', true],
    ['ld-linux-x86-64.so.2(GLIBC_2.3)(64bit)', true],
    ['libz.so', true],
    ['pkgconfig(zlib)', true],
    ['perl(Foo::Bar)', true],
    ['python3dist(setuptools)', true],
    ['python3.12dist(setuptools)', true],
    ['python(abi)', true],
    ['cmake(Qt5)', true],
    ['config(bash)', true],
    ['mvn(a:b)', true],
    ['rubygem(rake)', true],
    ['golang(x/y)', true],
    ['tex(foo.sty)', true],
    ['font(:lang=de)', true],
    ['typelib(Gtk)', true],
    ['ocaml(X)', true],
    ['crate(libc)', true],
    ['npm(left-pad)', true],
    ['/usr/bin/perl', true],
    ['php(api)', true],
    ['mono(x)', true],
    ['any-language(x)', true],
    ['zlib', false],
    ['so.something', false],
  ])('a build may reveal %s: %s', (name, expected) => {
    expect(mayBeRevealed(parseCapability(name))).toBe(expected);
  });
});
