import { expect, it } from 'vitest';
import { requirementLine } from '../../../src/shared/specs/requirement-line.ts';

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
  expect(requirementLine(spec, tag, names)).toBe(line);
});

it('is found in time, whatever the spec holds', () => {
  const hostile = [`BuildRequires: ${'%{'.repeat(200_000)}`, `BuildRequires: ${'%a'.repeat(200_000)}`].join(
    '\n',
  );
  expect(requirementLine(hostile, 'BuildRequires', ['a'.repeat(1000)])).toBeUndefined();
});
