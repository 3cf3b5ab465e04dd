import { expect, it, vi } from 'vitest';
import { requirementLines } from '../../../src/shared/specs/requirement-line.ts';

const spec = `Name: app
# BuildRequires: commented
BuildRequires: zlib-devel >= 1.3, pkgconfig(x)
buildrequires :\t/usr/bin/tool
BuildRequires: %{lib}-tools
BuildRequires: %{lib}-%{?suffix}-tools-%(echo a b)
Requires: zlib
Requires(post): systemd%{?_isa}
%{?with_png:BuildRequires: png-devel}
BuildRequires: (curl if openssl), %{everything}
%package doc
Requires: %{name} = %{version}
`;

it.each<['BuildRequires' | 'Requires', string[], number | undefined]>([
  ['BuildRequires', ['zlib-devel'], 3],
  ['BuildRequires', ['pkgconfig(x)'], 3],
  ['BuildRequires', ['/usr/bin/tool'], 4],
  ['BuildRequires', ['nosuch-tools'], 5],
  ['BuildRequires', ['nosuch-x-tools-a b'], 6],
  ['Requires', ['zlib'], 7],
  ['BuildRequires', ['zlib'], undefined],
  ['Requires', ['systemd(x86-64)'], 8],
  ['BuildRequires', ['png-devel'], 9],
  ['BuildRequires', ['curl', 'openssl'], 10],
  ['BuildRequires', ['openssl'], 10],
  ['BuildRequires', ['commented'], undefined],
  ['BuildRequires', ['from-a-macro'], undefined],
  ['BuildRequires', [''], undefined],
  ['BuildRequires', [], undefined],
])('%s of %j is on line %j', (tag, names, line) => {
  expect(requirementLines(() => spec)(tag, names)).toBe(line);
});

it('is found in time, whatever the spec holds', () => {
  const hostile = [`BuildRequires: ${'%{'.repeat(200_000)}`, `BuildRequires: ${'%a'.repeat(200_000)}`].join(
    '\n',
  );
  expect(requirementLines(() => hostile)('BuildRequires', ['a'.repeat(1000)])).toBeUndefined();
});

/** The calls of a method of texts while something is done. */
function callsOf<T>(method: 'startsWith' | 'replace' | 'split', work: () => T): { calls: number; result: T } {
  const spy = vi.spyOn(String.prototype, method);
  try {
    const result = work();
    return { calls: spy.mock.calls.length, result };
  } finally {
    spy.mockRestore();
  }
}

it.each(['replace', 'split'] as const)('reads a spec once for all its requirements (%s)', (method) => {
  const names = Array.from({ length: 500 }, (_, at) => `nope-${at}`);
  const read = vi.fn(() => names.map((name) => `BuildRequires: ${name} %{?_x}${name}`).join('\n'));
  const once = callsOf(method, () => requirementLines(read)('BuildRequires', ['other'])).calls;
  const lineOf = requirementLines(read);
  const { calls, result } = callsOf(method, () => names.map((name) => lineOf('BuildRequires', [name])));
  expect(result).toEqual(names.map((_, at) => at + 1));
  expect(calls).toBe(once);
  expect(read).toHaveBeenCalledTimes(2);
});

it('compares names with a bounded number of words with macros', () => {
  const names = Array.from({ length: 2000 }, (_, at) => `nope-${at}`);
  const lineOf = requirementLines(() => names.map((name) => `BuildRequires: %{_x}${name}`).join('\n'));
  const find = () => names.map((name) => lineOf('BuildRequires', [`x-${name}`]));
  const { calls, result } = callsOf('startsWith', find);
  expect(result.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  expect(result.at(-1)).toBeUndefined();
  expect(calls).toBeLessThanOrEqual(200_000);
  // What needs no comparison still has its line: here, the macro is empty.
  expect(lineOf('BuildRequires', ['nope-1999'])).toBe(2000);
});
