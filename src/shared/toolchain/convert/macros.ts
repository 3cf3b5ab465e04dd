import { readFileSync } from 'node:fs';
import { hostArchitecture } from '../../base/architectures.ts';

/**
 * The macros by which every rpm (the host's with `--root`, the worker's, its Python binding) uses the same database, and
 * Azure Linux's folder of libraries. Debian's compiler, loader and pkg-config search it after the one of their packages.
 */
export const rpmMacros = `%_dbpath /var/lib/rpm
%_db_backend sqlite
%_lib lib
%_libdir %{_prefix}/lib
%__multiarch_libdir %{_prefix}/lib/${hostArchitecture.triplet}
%_sysconfdir /etc
%_localstatedir /var
%_sharedstatedir /var/lib
%_rundir /run
%_infodir %{_datadir}/info
%_mandir %{_datadir}/man
%_defaultdocdir %{_datadir}/doc
%_docdir %{_defaultdocdir}
%_pkgdocdir %{_docdir}/%{name}
%_defaultlicensedir %{_datadir}/licenses
%_libexecdir %{_prefix}/libexec
%_rpmmacrodir /usr/lib/rpm/macros.d
%__python3 /usr/bin/python3
%__perl /usr/bin/perl
`;

/** Files of macros that distributions bring with languages, build tools and systemd, by topic. The bundler follows literal paths alone. */
export const macroFiles = {
  cmake: readFileSync(new URL('./macros/macros.cmake', import.meta.url), 'utf8'),
  ldconfig: readFileSync(new URL('./macros/macros.ldconfig', import.meta.url), 'utf8'),
  meson: readFileSync(new URL('./macros/macros.meson', import.meta.url), 'utf8'),
  ocaml: readFileSync(new URL('./macros/macros.ocaml', import.meta.url), 'utf8'),
  perl: readFileSync(new URL('./macros/macros.perl', import.meta.url), 'utf8'),
  python: readFileSync(new URL('./macros/macros.python', import.meta.url), 'utf8'),
  ruby: readFileSync(new URL('./macros/macros.ruby', import.meta.url), 'utf8'),
  systemd: readFileSync(new URL('./macros/macros.systemd', import.meta.url), 'utf8'),
  sysusers: readFileSync(new URL('./macros/macros.sysusers', import.meta.url), 'utf8'),
} as const;

/** The helper that the macro `%sysusers_create_compat` calls. */
export const sysusersScriptlet = readFileSync(new URL('./sysusers-scriptlet.py', import.meta.url), 'utf8');

/** The helper that the macro `%ocaml_files` calls. */
export const ocamlFiles = readFileSync(new URL('./ocaml-files.py', import.meta.url), 'utf8');

/** The helper that {@link perlAttributes} calls. */
export const perlDependencies = readFileSync(new URL('./perl-dependencies.py', import.meta.url), 'utf8');

const whereMissing = (pattern: string) =>
  `%{lua: print(posix.access("/usr/lib/rpm/perl.prov") and "^$" or "${pattern}")}`;

/** File attributes, by name, that generate Perl's dependencies where rpm has no generator for them. */
export const perlAttributes = {
  perlown: `%__perlown_provides /usr/lib/rpm/perl-dependencies.py --provides
%__perlown_requires /usr/lib/rpm/perl-dependencies.py --requires
%__perlown_path ${whereMissing('[.]pm$')}
`,
  perlownscript: `%__perlownscript_requires /usr/lib/rpm/perl-dependencies.py --requires
%__perlownscript_magic ^.*[Pp]erl .*script.*$
%__perlownscript_path ${whereMissing('^/usr/s?bin/')}
%__perlownscript_flags magic_and_path
`,
} as const;
