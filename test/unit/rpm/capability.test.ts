import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isRevealedByBuild,
  nameOf,
  parseCapability,
  satisfies,
  termsOf,
} from '../../../src/shared/rpm/capability.ts';

describe('a capability', () => {
  it('comes apart', () => {
    expect(parseCapability('zlib-devel')).toEqual({ name: 'zlib-devel' });
    expect(parseCapability(' zlib-devel  >= 1:1.3-2 ')).toEqual({
      name: 'zlib-devel',
      comparison: '>=',
      evr: '1:1.3-2',
    });
    expect(parseCapability('a == 1').comparison).toBe('=');
    expect(parseCapability('(a if b)')).toEqual({ name: '(a if b)' });
    expect(nameOf('libz.so.1()(64bit)')).toBe('libz.so.1()(64bit)');
    for (const wrong of ['', 'a b', 'a >=', 'a ! 1', 'a = 1 2'])
      expect(() => parseCapability(wrong)).toThrow('no capability');
  });

  it.each([
    ['zlib', ['zlib']],
    ['zlib >= 1', ['zlib']],
    ['(a if b)', ['a', 'b']],
    ['(a >= 1.0-1 or (b < 2 and c))', ['a', 'b', 'c']],
    ['((a if b else c) unless d)', ['a', 'b', 'c', 'd']],
    ['(perl(Foo::Bar) >= 1 with perl(Foo::Bar) < 2)', ['perl(Foo::Bar)']],
    ['(libz.so.1()(64bit) without pkgconfig(x))', ['libz.so.1()(64bit)', 'pkgconfig(x)']],
    ['( a  and  b )', ['a', 'b']],
    ['(if and with)', ['if', 'with']],
    ['(a', ['a']],
    ['()', []],
  ])('names in %s', (text, names) => {
    expect([...new Set(termsOf(text).map(nameOf))]).toEqual(names);
  });

  it('keeps the versions of rich terms', () => {
    expect(termsOf('(a >= 1.0-1 or (b < 2 and c))')).toEqual(['a >= 1.0-1', 'b < 2', 'c']);
  });

  it('never hangs or throws on any text', () => {
    const token = fc.constantFrom('(', ')', ' ', 'a', 'if', 'and', '>=', '1', 'p(x)', '\n');
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 20 }),
        (tokens) => void termsOf(`(${tokens.join('')}`).map(nameOf),
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
    ['/usr/bin/perl', false],
    ['(a if b)', false],
    ['zlib', false],
    ['zlib(x86-64)', false],
    ['bundled(zlib)', false],
    ['so.something', false],
  ])('a build reveals %s: %s', (name, expected) => {
    expect(isRevealedByBuild(name)).toBe(expected);
  });
});
