import { type EditedDistro, type EditedPackage, findPackage } from './model.ts';

export function libraryPreamble({ name }: EditedPackage): string[] {
  return [
    ...['%package devel', 'Summary: Headers', `Requires: ${name}%{?_isa} = %{version}-%{release}`],
    ...['%description devel', 'Headers.'],
  ];
}

export function librarySources({ name, text }: EditedPackage): Record<string, string> {
  return {
    [`${name}.h`]: `int ${name}_number(void);\n`,
    [`${name}.c`]: `#include "${name}.h"\nint ${name}_number(void) { return ${text}; }\n`,
    [`${name}.pc`]: `Name: ${name}\nDescription: made up\nVersion: 1\nLibs: -l${name}\n`,
  };
}

function librariesOf(distro: EditedDistro, one: EditedPackage): string[] {
  return one.needs.flatMap(({ on, style }) => {
    const other = findPackage(distro, on);
    return other?.kind === 'library' && style === 'library' ? [other.name] : [];
  });
}

export function programSource(distro: EditedDistro, one: EditedPackage): string {
  const libraries = librariesOf(distro, one);
  const sum = [String(one.text), ...libraries.map((name) => `${name}_number()`)].join(' + ');
  const includes = libraries.map((name) => `#include <${name}.h>`);
  return `${[...includes, '#include <stdio.h>'].join('\n')}\nint main(void) { printf("%d\\n", ${sum}); return 0; }\n`;
}

export function compile(distro: EditedDistro, one: EditedPackage): string[] {
  const { name } = one;
  const links = librariesOf(distro, one).map((library) => `-l${library}`);
  const flags = '-O2 -g -I%{_sourcedir}';
  if (one.kind === 'library') {
    const soname = `lib${name}.so.1`;
    return [
      `gcc ${flags} -fPIC -shared -Wl,--no-as-needed -Wl,-soname,${soname} -o ${soname}.0 %{_sourcedir}/${name}.c ${links.join(' ')}`,
    ];
  }
  return one.kind === 'program' ? [`gcc ${flags} -o ${name} %{_sourcedir}/${name}.c ${links.join(' ')}`] : [];
}
