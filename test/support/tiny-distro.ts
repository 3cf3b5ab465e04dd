import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';

/** One package of a made-up tree. */
export interface TinyPackage {
  spec: string;
  /** Folder name inside the tarball → its files. */
  sources?: Record<string, string>;
  /** Further files beside the spec, also in subfolders. */
  patches?: Record<string, string>;
}

const header = (name: string, more = '') => `Summary:        The made-up package ${name}
Name:           ${name}
Version:        1.0
Release:        1%{?dist}
License:        MIT
Vendor:         Made up
Distribution:   Tiny
URL:            https://example.invalid/${name}
${more}
%description
A package that builds in a second.
`;

const changelog = `
%changelog
* Wed Jan 01 2025 Tiny <tiny@example.invalid> - 1.0-1
- First
`;

/** @param expected what the library's function must return, in C */
const library = (name: string, expected: string, more: string, requires = '', flags = '') => ({
  spec: `${header(name, `Source0:        %{name}-%{version}.tar.gz\n${more}`)}
%package        devel
Summary:        Headers of ${name}
Requires:       %{name}%{?_isa} = %{version}-%{release}
${requires}
%description    devel
Headers.

%prep
%autosetup -p1

%build
gcc %{?build_cflags} -O2 -fPIC -shared -Wl,-soname,lib${name}.so.1 -o lib${name}.so.1.0 ${name}.c ${flags}

%install
install -D -m 755 lib${name}.so.1.0 %{buildroot}%{_libdir}/lib${name}.so.1.0
ln -s lib${name}.so.1.0 %{buildroot}%{_libdir}/lib${name}.so.1
ln -s lib${name}.so.1 %{buildroot}%{_libdir}/lib${name}.so
install -D -m 644 ${name}.h %{buildroot}%{_includedir}/${name}.h
install -D -m 644 ${name}.pc %{buildroot}%{_libdir}/pkgconfig/${name}.pc

%check
ln -sf lib${name}.so.1.0 lib${name}.so.1
printf '#include "%s"\\nint main(void) { return ${name}_number() != ${expected}; }\\n' ${name}.h > check.c
gcc -o check -I. check.c -L. -l:lib${name}.so.1.0
LD_LIBRARY_PATH=. ./check

%files
%{_libdir}/lib${name}.so.1*

%files devel
%{_includedir}/${name}.h
%{_libdir}/lib${name}.so
%{_libdir}/pkgconfig/${name}.pc
${changelog}`,
  sources: {
    [`${name}.h`]: `#define ${name.toUpperCase()}_LIMIT 10\nint ${name}_number(void);\n`,
    [`${name}.c`]: `#include "${name}.h"\nint ${name}_number(void) { return ${name.toUpperCase()}_LIMIT; }\n`,
    [`${name}.pc`]: `Name: ${name}\nDescription: made up\nVersion: 1.0\nLibs: -l${name}\n`,
  },
});

/** A tree of one package whose `%build` runs these lines. */
export function building(name: string, lines: string, requires = ''): Record<string, TinyPackage> {
  const spec = `Summary: x
Name: ${name}
Version: 1
Release: 1
License: MIT
${requires}
%description
x
%build
${lines}
%install
echo ${name} > made
install -D -m 644 made %{buildroot}%{_datadir}/${name}
test ! -e random || install -D -m 644 random %{buildroot}%{_datadir}/${name}-random
%files
%{_datadir}/${name}*
`;
  return { [name]: { spec } };
}

/**
 * A tree with every kind of dependency between packages that build in about a second each: macros (a noarch package as
 * a build tool), a library with subpackages, one found by `pkgconfig()`, one linked by soname, a rich dependency, a
 * program at the fourth level, and a package that nothing needs.
 */
export function tinyPackages(): Record<string, TinyPackage> {
  return {
    'tiny-macros': {
      spec: `${header('tiny-macros', 'BuildArch:      noarch\nSource0:        macros.tiny')}
%install
install -D -m 644 %{SOURCE0} %{buildroot}%{_rpmmacrodir}/macros.tiny

%files
%{_rpmmacrodir}/macros.tiny
${changelog}`,
      sources: { 'macros.tiny': '%tiny_greeting hello\n' },
    },
    alpha: library('alpha', 'ALPHA_LIMIT', 'BuildRequires:  tiny-macros >= 1.0\nBuildRequires:  gcc'),
    beta: {
      ...library(
        'beta',
        '2 * ALPHA_LIMIT',
        'BuildRequires:  pkgconfig(alpha)',
        'Requires:       alpha-devel',
        '-lalpha',
      ),
      sources: {
        'beta.h': '#include <alpha.h>\nint beta_number(void);\n',
        'beta.c': '#include "beta.h"\nint beta_number(void) { return alpha_number() + ALPHA_LIMIT; }\n',
        'beta.pc': 'Name: beta\nDescription: made up\nVersion: 1.0\nLibs: -lbeta\n',
      },
    },
    gamma: {
      spec: `${header('gamma', 'Source0:        %{name}-%{version}.tar.gz\nPatch0:         shout.patch\nBuildRequires:  beta-devel\nBuildRequires:  (tiny-macros if gcc)\nRequires:       (beta if alpha)')}
%prep
%autosetup -p1

%build
gcc -O2 -o gamma gamma.c -lbeta

%install
install -D -m 755 gamma %{buildroot}%{_bindir}/gamma

%files
%{_bindir}/gamma
${changelog}`,
      sources: {
        'gamma.c':
          '#include <stdio.h>\n#include <beta.h>\nint main(void) {\n  printf("%d\\n", beta_number());\n  return 0;\n}\n',
      },
      patches: {
        'shout.patch': `--- a/gamma.c
+++ b/gamma.c
@@ -1,6 +1,6 @@
 #include <stdio.h>
 #include <beta.h>
 int main(void) {
-  printf("%d\\n", beta_number());
+  printf("%d!\\n", beta_number());
   return 0;
 }
`,
      },
    },
    delta: {
      spec: `${header('delta', 'BuildArch:      noarch\nSource0:        delta.txt\nRequires:       gamma')}
%install
install -D -m 644 %{SOURCE0} %{buildroot}%{_datadir}/delta/delta.txt

%files
%{_datadir}/delta
${changelog}`,
      sources: { 'delta.txt': 'made up\n' },
    },
  };
}

/** Writes a tree of packages as `<dir>/<name>/<name>.spec`, with tarballs of fixed bytes and signatures. */
export async function writeTree(dir: string, packages: Record<string, TinyPackage>): Promise<void> {
  for (const [name, { spec, sources = {}, patches = {} }] of Object.entries(packages)) {
    const folder = join(dir, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.spec`), spec);
    for (const [file, text] of Object.entries(patches)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    // Without a prototype: a source may be called __proto__.
    const signatures: Record<string, string> = Object.create(null);
    if (spec.includes('.tar.gz')) {
      const bytes = await tarball(`${name}-1.0`, sources);
      writeFileSync(join(folder, `${name}-1.0.tar.gz`), bytes);
      signatures[`${name}-1.0.tar.gz`] = sha256(bytes);
    } else {
      for (const [file, text] of Object.entries(sources)) {
        writeFileSync(join(folder, file), text);
        signatures[file] = sha256(text);
      }
    }
    writeFileSync(
      join(folder, `${name}.signatures.json`),
      `${JSON.stringify({ Signatures: signatures }, null, 1)}\n`,
    );
  }
}

/** A gzipped tar of one folder, the same bytes each time. */
async function tarball(folder: string, files: Record<string, string>): Promise<Buffer> {
  const work = mkdtempSync(join(tmpdir(), 'tiny-'));
  try {
    mkdirSync(join(work, folder));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(work, folder, file), text);
    const stream = create({ gzip: true, portable: true, mtime: new Date(0), cwd: work, noMtime: false }, [
      folder,
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
