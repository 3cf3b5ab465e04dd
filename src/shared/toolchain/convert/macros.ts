import { readFileSync } from 'node:fs';
import { hostArchitecture } from '../../base/architectures.ts';

/**
 * The macros by which every rpm (the host's with `--root`, the worker's, its Python binding) uses the same database, and
 * the folders that Debian's compiler and loader search. Debian's defaults are `%{HOME}/.rpmdb` and `/usr/lib64`.
 */
export const rpmMacros = `%_dbpath /var/lib/rpm
%_db_backend sqlite
%_lib lib/${hostArchitecture.triplet}
%_libdir %{_prefix}/lib/${hostArchitecture.triplet}
%_sysconfdir /etc
%_localstatedir /var
%_sharedstatedir /var/lib
%_rundir /run
%_infodir %{_datadir}/info
%_mandir %{_datadir}/man
%_defaultdocdir %{_datadir}/doc
%_defaultlicensedir %{_datadir}/licenses
%_libexecdir %{_prefix}/libexec
%_rpmmacrodir /usr/lib/rpm/macros.d
%__python3 /usr/bin/python3
%__perl /usr/bin/perl
`;

const unitScripts = (verb: string, always: string) => `if [ -x /usr/bin/systemctl ]; then
    ${always}
    /usr/bin/systemctl --no-reload ${verb} %{?*} || :
fi`;

const oneLine = (script: string) => `%{expand:\n${script}\n%{nil}}`;

/** The macros for units of systemd in specs, under the names of its own macros.systemd. */
export const systemdMacros = `%_unitdir /usr/lib/systemd/system
%_userunitdir /usr/lib/systemd/user
%_presetdir /usr/lib/systemd/system-preset
%_userpresetdir /usr/lib/systemd/user-preset
%_udevhwdbdir /usr/lib/udev/hwdb.d
%_udevrulesdir /usr/lib/udev/rules.d
%_journalcatalogdir /usr/lib/systemd/catalog
%_binfmtdir /usr/lib/binfmt.d
%_sysctldir /usr/lib/sysctl.d
%_sysusersdir /usr/lib/sysusers.d
%_tmpfilesdir /usr/lib/tmpfiles.d
%_environmentdir /usr/lib/environment.d
%_modulesloaddir /usr/lib/modules-load.d
%_modprobedir /usr/lib/modprobe.d
%_systemdgeneratordir /usr/lib/systemd/system-generators
%_systemd_util_dir /usr/lib/systemd
%systemd_requires Requires(post): systemd\\
Requires(preun): systemd\\
Requires(postun): systemd\\
%{nil}
%systemd_ordering OrderWithRequires(post): systemd\\
OrderWithRequires(preun): systemd\\
OrderWithRequires(postun): systemd\\
%{nil}
%systemd_post() ${oneLine(`if [ $1 -eq 1 ]; then\n${unitScripts('preset', ':')}\nfi`)}
%systemd_user_post() %{nil}
%systemd_preun() ${oneLine(`if [ $1 -eq 0 ]; then\n${unitScripts('disable --now', ':')}\nfi`)}
%systemd_user_preun() %{nil}
%systemd_postun() ${oneLine('if [ -d /run/systemd/system ]; then /usr/bin/systemctl daemon-reload || :; fi')}
%systemd_postun_with_restart() ${oneLine('if [ $1 -ge 1 ] && [ -d /run/systemd/system ]; then /usr/bin/systemctl try-restart %{?*} || :; fi')}
%systemd_user_postun() %{nil}
%udev_hwdb_update() %{nil}
%udev_rules_update() %{nil}
%journal_catalog_update() %{nil}
%binfmt_apply() %{nil}
%sysctl_apply() %{nil}
%tmpfiles_create() ${oneLine('if [ -x /usr/bin/systemd-tmpfiles ]; then /usr/bin/systemd-tmpfiles --create %{?*} || :; fi')}
%sysusers_create() ${oneLine('if [ -x /usr/bin/systemd-sysusers ]; then /usr/bin/systemd-sysusers %{?*} || :; fi')}
%sysusers_create_compat() ${oneLine('if [ -x /usr/bin/systemd-sysusers ]; then /usr/bin/systemd-sysusers %{?*} || :; fi')}
`;

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
