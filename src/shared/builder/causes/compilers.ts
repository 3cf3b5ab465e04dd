import { type Cause, rank } from './cause.ts';

/** `file:line:column: `, also behind ant's `[javac]`. */
const at = String.raw`^(?:\s*\[\w+\]\s+)?[^\s:'"][^:'"]*:\d+(?:[:.][\d-]+)*:?\s+`;

const linkWith =
  "A library is not on the linker's command line, or the package that holds it has another version.";

/** C, C++, Fortran, assemblers, linkers. */
export const compilerCauses: readonly Cause[] = [
  {
    line: new RegExp(`${at}fatal error: '?([^\\s':]+)'?(?:: No such file or directory| file not found)$`),
    hint: "No package of the build root has the header '$1': add the -devel package that has it to BuildRequires",
  },
  {
    line: new RegExp(`${at}(?:fatal )?error: .*\\[-Werror(?:,?=?-?W?([\\w+-]*))\\]$`),
    hint: ([, name]) =>
      `This compiler warns where the author's did not, and -Werror makes it an error: ${name ? `add -Wno-error=${name} to CFLAGS` : 'drop -Werror'}`,
  },
  {
    line: /internal compiler error: /,
    hint: 'The compiler itself failed: try less optimization for this file, or another version of the compiler.',
  },
  {
    line: new RegExp(
      `${at}error: .*(?:does not name a type|was not declared|has not been declared|is not a member of 'std')`,
    ),
    detail: /(?:note|suggested): .*(?:defined in header|did you forget to)/,
    hint: (_, { after }) => {
      const header = after(/did you forget to '#include (<[^>]+>)'/)?.[1];
      return header === undefined ? undefined : `The source must include ${header} itself: patch it`;
    },
  },
  {
    line: new RegExp(`${at}error: (?:required file '(?:\\S*/)?([^']+)' not found)`),
    hint: 'Files of the build system are missing: run autoreconf -fi in %prep',
  },
  {
    line: new RegExp(`${at}error: Libtool library used`),
    hint: 'Add BuildRequires: libtool, and run autoreconf -fi',
  },
  { line: new RegExp(`${at}error: possibly undefined macro: (\\S+)`), hint: ([, macro]) => macroHint(macro) },
  {
    line: new RegExp(`${at}error: package ([\\w.]+) does not exist$`),
    hint: 'The package $1 is not on the class path: add the BuildRequires, and name its jar',
  },
  { line: new RegExp(`${at}error: no match(?:ing function)? for `), subject: /required from here$/ },
  // The output of configure's own attempts, which may fail.
  { line: new RegExp(`^(?!conftest)${at.slice(1)}(?:[Ff]atal )?[Ee]rror: `), show: { after: 6 } },
  {
    line: /^Fatal Error: Cannot open module file '(\S+?)(?:\.mod)?'/,
    subject: /^\S+\.[fF]\w*:\d+:\d+:$/,
    hint: "No package of the build root has the Fortran module '$1'",
  },
  {
    line: /^\S*(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|cc1\w*|gfortran): (?:fatal )?error: (?!linker command)/,
  },
  {
    line: /ld(?:\.\w+)?: cannot find -l([\w.+-]+)/,
    hint: 'No package of the build root has lib$1.so: add the -devel package that has it to BuildRequires',
  },
  { line: /\bld(?:\.\w+)?: cannot find [^-\s]\S*: No such file/ },
  { line: /undefined reference to |error: undefined symbol: /, subject: /in function [`'"]/, hint: linkWith },
  {
    line: /multiple definition of [`']|error: duplicate symbol: /,
    hint: 'A variable is defined in a header. Declare it extern there, or add -fcommon to CFLAGS.',
  },
  {
    line: /recompile with -f(?:PIC|PIE)/,
    hint: 'An object of a shared library was compiled without -fPIC: add it to the CFLAGS of that file',
  },
  { line: /DSO missing from command line/, subject: /undefined reference to/, hint: linkWith },
  {
    line: /\bld(?:\.\w+)?: ?\S*:\d+: |\bld(?:\.\w+)?: .*(?:not recognized|error: |cannot open)|^mold: (?:fatal|error)/,
  },
  {
    line: /(?:collect2|clang(?:\+\+)?): error: |^make(?:\[\d+\])?: \*\*\* |^ninja: build stopped/,
    rank: rank.echo,
  },
];

/** Packages that bring macros of Autoconf. */
const macroPackages: readonly (readonly [RegExp, string])[] = [
  [/^(?:LT_|AC_PROG_LIBTOOL|AM_PROG_LIBTOOL|AC_DISABLE_STATIC|AC_LIBTOOL)/, 'libtool'],
  [/^PKG_/, 'pkgconf (its pkg.m4)'],
  [/^AX_/, 'autoconf-archive'],
  [/^AM_(?:GNU_GETTEXT|ICONV|NLS)/, 'gettext-devel'],
  [/^(?:IT_PROG_INTLTOOL|AC_PROG_INTLTOOL)/, 'intltool'],
  [/^GTK_DOC/, 'gtk-doc'],
  [/^GOBJECT_INTROSPECTION/, 'gobject-introspection-devel'],
  [/^AM_(?:INIT_AUTOMAKE|CONDITIONAL|PROG_)/, 'automake'],
];

/** The remedy for a macro that Autoconf does not know. Pure. */
export function macroHint(macro: string | undefined): string {
  const found = macroPackages.find(([pattern]) => pattern.test(macro ?? ''));
  return `Autoconf does not know ${macro}: add ${found === undefined ? 'the package that has it (share/aclocal)' : found[1]} to BuildRequires`;
}
