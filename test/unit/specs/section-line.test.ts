import { expect, it } from 'vitest';
import { sectionLine } from '../../../src/shared/specs/text.ts';

const spec = `Name: a
#%build is below
%global build_flags %{build_cflags}
%description
It says %build, and
 %build indented.
%builddep
%%build
%prep
%autosetup -p1\r
%build -n x
make
%install\t
%if 0
%check\r
%endif
%check
`;

it.each([
  ['%prep', 9],
  ['%build', 11],
  ['%install', 13],
  ['%check', 15],
  ['%clean', undefined],
  ['%autosetup', 10],
])('%s is on line %s', (section, line) => {
  expect(sectionLine(spec, section)).toBe(line);
});

it('is undefined in an empty file', () => expect(sectionLine('', '%build')).toBeUndefined());
