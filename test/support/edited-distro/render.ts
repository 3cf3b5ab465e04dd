import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile, libraryPreamble, librarySources, programSource } from './c-packages.ts';
import { type EditedDistro, type EditedPackage, findPackage, type Need, nameOf, type Part } from './model.ts';

/** The files of a package's folder, by relative path; its Sources among them, by number. */
interface Rendered {
  spec: string;
  sources: Record<string, string>;
  others: Record<string, string>;
}

/** Writes the specs of a distribution as a tree of folders, in place of what is there. */
export function writeDistro(dir: string, distro: EditedDistro): void {
  rmSync(dir, { recursive: true, force: true });
  for (const one of distro.packages) {
    const { spec, sources, others } = render(distro, one);
    const files = { [`${one.name}.spec`]: spec, ...sources, ...others };
    const signatures = Object.entries(sources).map(([name, text]) => [name, sha256(text)]);
    files[`${one.name}.signatures.json`] = JSON.stringify({ Signatures: Object.fromEntries(signatures) });
    for (const [name, text] of Object.entries(files)) {
      const path = join(dir, one.name, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function render(distro: EditedDistro, one: EditedPackage): Rendered {
  const { values, version } = one;
  const sources: Record<string, string> = { [`${one.name}.txt`]: `${one.name}\ntext ${one.text}\n` };
  const others: Record<string, string> = {};
  const head: string[] = [];
  const word = (road: string, value: number | string) => `%global ${road}_word ${value}\n`;
  if (values.spec !== undefined) head.push(word('spec', values.spec).trim());
  if (values.source !== undefined) {
    sources['values.inc'] = word('source', `${values.source}%{?dist}`);
    head.push('%include %{SOURCE1}');
  }
  if (values.subfolder !== undefined) {
    others['parts/extra.inc'] = word('subfolder', values.subfolder);
    head.push('%include %{_sourcedir}/parts/extra.inc');
  }
  if (values.glob !== undefined) {
    others['a.ver'] = `${values.glob}\n`;
    others['b.ver'] = '0\n';
    head.push('%global glob_word %(cat %{_sourcedir}/*.ver | tr -d "\\n")');
  }
  if (values.shell !== undefined) {
    others['VERSION'] = `${values.shell}\n`;
    head.push('%global shell_word %(cat %{_sourcedir}/VERSION || echo none)');
  }
  if (values.load !== undefined) {
    sources['loaded.macros'] = `%load_word ${values.load}\n`;
    head.push('%{load:%{_sourcedir}/loaded.macros}');
  }
  const script = scriptOf(distro, one);
  if (script !== undefined) sources['ask.sh'] = script;
  if (one.kind === 'macros') Object.assign(sources, generator(distro.macro));
  if (one.kind === 'library') Object.assign(sources, librarySources(one));
  if (one.kind === 'program') sources[`${one.name}.c`] = programSource(distro, one);
  // Source1 is the one that is included by its number.
  const names = Object.keys(sources).sort((a, b) => Number(b === 'values.inc') - Number(a === 'values.inc'));
  const listed = names.map((name, at) => `Source${at + 1}:        ${name}`);
  const spec = [
    ...preamble(distro, one, listed, head),
    ...one.parts.flatMap((part) => partPreamble(distro, part)),
    ...(one.kind === 'library' ? libraryPreamble(one) : []),
    '%build',
    one.broken ? 'echo "broken on purpose: no such header" >&2; exit 1' : ':',
    ...compile(distro, one),
    '%install',
    ...install(distro, one),
    ...filesOf(one),
    '%changelog',
    `* Wed Jan 01 2025 Tiny <tiny@example.invalid> - ${version}-${one.release}`,
    '- First',
    ...(one.comment > 0 ? [`# comment ${one.comment}`] : []),
  ];
  return { spec: `${spec.join('\n')}\n`, sources, others };
}

function preamble(
  distro: EditedDistro,
  one: EditedPackage,
  sources: readonly string[],
  head: readonly string[],
): string[] {
  const isNative = one.kind === 'library' || one.kind === 'program';
  const macros = nameOf(distro, 1);
  const usesMacros = one.generates || one.values.package !== undefined || one.values.evaluated !== undefined;
  return [
    `Summary:        The made-up package ${one.name}`,
    `Name:           ${one.name}`,
    `Version:        ${one.version}`,
    `Release:        ${one.release}%{?dist}`,
    ...['License:        MIT', 'Vendor:         Made up', 'Distribution:   Tiny'],
    'URL:            https://example.invalid/',
    ...sources,
    ...head,
    ...(isNative ? ['BuildRequires:  gcc'] : ['BuildArch:      noarch']),
    ...(usesMacros ? [`BuildRequires:  ${macros}`] : []),
    ...one.needs.map((need) => `BuildRequires:  ${needOf(distro, need)}`),
    ...(one.refusesEngine === undefined ? [] : [`BuildConflicts: engine >= ${one.refusesEngine}`]),
    ...one.before.flatMap((name) => [`Provides:       ${name} = 0:1`, `Obsoletes:      ${name} < 1`]),
    '%description',
    'Made up.',
  ];
}

/** A requirement as its spec writes it. */
function needOf(distro: EditedDistro, { on, style, beside }: Need): string {
  const one = findPackage(distro, on);
  const [name, other] = [nameOf(distro, on), nameOf(distro, beside)];
  if (one === undefined) return name;
  switch (style) {
    case 'version':
      return `${name} >= ${one.version}`;
    case 'part':
      return one.kind === 'library' ? `${name}-devel` : (one.parts[0]?.name ?? name);
    case 'path':
      return `/usr/share/tiny/${name}.txt`;
    case 'library':
      return one.kind === 'library' ? `pkgconfig(${name})` : name;
    case 'or':
      return `(${name} or ${other})`;
    case 'and':
      return `(${name} and ${other})`;
    case 'if':
      return `(${name} if ${other})`;
    case 'with':
      return `(${name} with ${name} >= ${one.version})`;
    case 'without':
      return `(${name} without ${other}-never)`;
    default:
      return name;
  }
}

function partPreamble(distro: EditedDistro, part: Part): string[] {
  return [
    `%package -n ${part.name}`,
    'Summary: A part',
    ...part.requires.map((id) => `Requires: ${nameOf(distro, id)}`),
    ...(part.engine === undefined ? [] : [`Provides: engine = ${part.engine}`]),
    ...part.takesFrom.flatMap((name) => [`Conflicts: ${name}`, `Obsoletes: ${name} < 99`]),
    `%description -n ${part.name}`,
    'A part.',
  ];
}

/** The script among the Sources, if there is one. */
function scriptOf(distro: EditedDistro, one: EditedPackage): string | undefined {
  const names = one.needs.map(({ on }) => nameOf(distro, on));
  const lines = [
    ...(one.queries
      ? [
          `rpm -q --qf '%{name} %{version} %{release} %{buildtime} %{sourcerpm}\\n' ${[...names, 'bash'].join(' ')} || :`,
          "rpm -qa --qf '%{name} %{version} %{release}\\n' | LC_ALL=C sort",
        ]
      : []),
    ...(one.values.evaluated === undefined
      ? []
      : [`rpm --eval '%{?tiny_word} %{?dist} ${one.values.evaluated}'`]),
  ];
  return lines.length === 0 ? undefined : `${lines.join('\n')}\n`;
}

/** The macro file, and a generator of dependencies as languages have them. */
function generator(value: number): Record<string, string> {
  return {
    'macros.tiny': `%tiny_word ${value}\n`,
    'tiny.attr': [
      '%__tiny_provides %{_rpmconfigdir}/tiny-deps provides',
      '%__tiny_requires %{_rpmconfigdir}/tiny-deps requires',
      '%__tiny_path ^%{_datadir}/tiny/.*[.]tiny$',
      '',
    ].join('\n'),
    'tiny-deps': `#!/bin/sh
while read -r file; do
  if test "$1" = provides; then
    echo "tiny($(basename "$file" .tiny))"
  else
    sed -n 's/^needs \\(.*\\)$/tiny(\\1)/p' "$file"
  fi
done
`,
  };
}

function install(distro: EditedDistro, one: EditedPackage): string[] {
  const { name, reads, values } = one;
  const others = one.needs.map(({ on }) => `%{_datadir}/tiny/${nameOf(distro, on)}.txt`);
  const read = reads === 'all' ? 'cat' : 'head -qn 1';
  const macros = Object.keys(values).map((road) => `${road} %{?${road === 'package' ? 'tiny' : road}_word}`);
  const text = `%{buildroot}%{_datadir}/tiny/${name}.txt`;
  return [
    'mkdir -p %{buildroot}%{_datadir}/tiny',
    `cp %{_sourcedir}/${name}.txt ${text}`,
    ...macros.map((line) => `echo "${line}" >> ${text}`),
    ...(one.queries || values.evaluated !== undefined ? [`sh %{_sourcedir}/ask.sh >> ${text}`] : []),
    ...(reads === 'nothing' ? [] : others.map((file) => `test ! -e ${file} || ${read} ${file} >> ${text}`)),
    ...(one.generates
      ? [
          `: > %{buildroot}%{_datadir}/tiny/${name}.tiny`,
          ...one.needs.map(
            ({ on }) =>
              `test ! -e %{_datadir}/tiny/${nameOf(distro, on)}.tiny || echo 'needs ${nameOf(distro, on)}' >> %{buildroot}%{_datadir}/tiny/${name}.tiny`,
          ),
        ]
      : []),
    ...one.parts.map((part) => `echo 'part ${part.text}' > %{buildroot}%{_datadir}/tiny/${part.file}.part`),
    ...installKind(one),
  ];
}

function installKind({ kind, name }: EditedPackage): string[] {
  const put = (mode: number, from: string, to: string) => `install -D -m ${mode} ${from} %{buildroot}${to}`;
  switch (kind) {
    case 'macros':
      return [
        put(644, '%{_sourcedir}/macros.tiny', '%{_rpmmacrodir}/macros.tiny'),
        put(644, '%{_sourcedir}/tiny.attr', '%{_fileattrsdir}/tiny.attr'),
        put(755, '%{_sourcedir}/tiny-deps', '%{_rpmconfigdir}/tiny-deps'),
      ];
    case 'library':
      return [
        put(755, `lib${name}.so.1.0`, `%{_libdir}/lib${name}.so.1.0`),
        `ln -s lib${name}.so.1.0 %{buildroot}%{_libdir}/lib${name}.so.1`,
        `ln -s lib${name}.so.1 %{buildroot}%{_libdir}/lib${name}.so`,
        put(644, `%{_sourcedir}/${name}.h`, `%{_includedir}/${name}.h`),
        put(644, `%{_sourcedir}/${name}.pc`, `%{_libdir}/pkgconfig/${name}.pc`),
      ];
    case 'program':
      return [put(755, name, `%{_bindir}/${name}`)];
    default:
      return [];
  }
}

function filesOf({ kind, name, generates, parts }: EditedPackage): string[] {
  const own = {
    macros: ['%{_rpmmacrodir}/macros.tiny', '%{_fileattrsdir}/tiny.attr', '%{_rpmconfigdir}/tiny-deps'],
    library: [`%{_libdir}/lib${name}.so.1*`],
    program: [`%{_bindir}/${name}`],
    data: [],
  }[kind];
  return [
    '%files',
    `%{_datadir}/tiny/${name}.txt`,
    ...(generates ? [`%{_datadir}/tiny/${name}.tiny`] : []),
    ...own,
    ...(kind === 'library'
      ? [
          '%files devel',
          `%{_includedir}/${name}.h`,
          `%{_libdir}/lib${name}.so`,
          `%{_libdir}/pkgconfig/${name}.pc`,
        ]
      : []),
    ...parts.flatMap((part) => [`%files -n ${part.name}`, `%{_datadir}/tiny/${part.file}.part`]),
  ];
}
