import { hostArchitecture } from '../../base/architectures.ts';
import { splitAtBlanks } from '../../base/split-at-blanks.ts';
import { accountFiles, groups, users } from './accounts.ts';
import {
  macroFiles,
  ocamlFiles,
  perlAttributes,
  perlDependencies,
  rpmMacros,
  sysusersScriptlet,
} from './macros.ts';
import type { Entry, StandIn } from './stand-in.ts';

const link = (path: string, target: string): Entry => ({ type: 'link', path, target });
const folder = (path: string, mode?: number, group?: string): Entry => ({
  type: 'folder',
  path,
  mode,
  group,
});
const file = (path: string, text: string, mode?: number): Entry => ({ type: 'file', path, text, mode });
const config = (path: string, text: string, mode = 0o644, group = 'root'): Entry => {
  return { type: 'file', path, text, mode, group, config: true };
};

const edit = (path: string, from: string, to: string): Entry => ({ type: 'edit', path, from, to });

/** Replaces a text in a file, or in those that a pattern matches, of Python's own library. */
const inPython = (path: string, from: string, to: string) => edit(`/usr/lib/python3.*/${path}`, from, to);

const libraries = `/usr/lib/${hostArchitecture.triplet}`;

/** The links that a compiler has under the name of its host, which `%configure` gives: some programs look for that alone. */
const forHost = (...programs: readonly string[]) =>
  programs.map((name) => link(`/usr/bin/${rpmHost}-${name}`, name));
const rpmHost = `${hostArchitecture.rpm}-${hostArchitecture.rpm === 'x86_64' ? 'pc' : 'unknown'}-linux-gnu`;

/** Adds the folder of RPMs' modules to Python's path. Python's own code for that is inside of its program. */
const siteFolder =
  'import site, sys; site.addsitedir("/usr/lib/python%d.%d/site-packages" % sys.version_info[:2])\n';

/** Lua's own names of what Debian names by version. */
const luaDevelopment = [
  ...['lua', 'luaconf', 'lualib', 'lauxlib'].map((name) =>
    link(`/usr/include/${name}.h`, `/usr/include/lua5*/${name}.h`),
  ),
  link(`${libraries}/liblua.so`, `${libraries}/liblua5*.so`),
  link(`${libraries}/pkgconfig/lua.pc`, `${libraries}/pkgconfig/lua5*.pc`),
];

const debianModules = 'os.path.join(prefix, "lib", "python3", "dist-packages")';
const rpmModules = 'os.path.join(libpython, "site-packages")';

/** Both of Python's own distutils and of the one in setuptools, which the other file changes. */
const distutilsEdits = [
  inPython(
    'distutils/command/install.py',
    'self.select_scheme("unix_local")',
    'self.select_scheme("unix_prefix")',
  ),
  inPython('_distutils_system_mod.py', 'name = "posix_local"', 'name = "posix_prefix"'),
  inPython('distutils/command/install_egg_info.py', 'no_pyver = True', 'no_pyver = False'),
  inPython('_distutils_system_mod.py', 'no_pyver = True', 'no_pyver = False'),
  inPython('distutils/sysconfig.py', debianModules, rpmModules),
  inPython('_distutils_system_mod.py', debianModules, rpmModules),
];

/** Names Debian's folder of libraries in files that ask dpkg for it. */
const withoutDpkg = (path: string) =>
  edit(path, '`dpkg-architecture -qDEB_HOST_MULTIARCH`', hostArchitecture.triplet);

const launchHelper = '/usr/lib/dbus-1.0/dbus-daemon-launch-helper';

/** Debian's perl-doc moves that of perl out of its way. */
const perldoc = file(
  '/usr/bin/perldoc',
  '#!/usr/bin/perl\nuse Pod::Perldoc;\nexit(Pod::Perldoc->run());\n',
  0o755,
);

/** Links and modes that Debian's maintainer scripts and alternatives would make, by the RPM that gets them. */
const links: Readonly<Record<string, readonly Entry[]>> = {
  bash: [link('/usr/bin/sh', 'bash')],
  gawk: [link('/usr/bin/awk', 'gawk'), link('/usr/bin/nawk', 'gawk')],
  gcc: [
    link('/usr/bin/cc', 'gcc'),
    link('/usr/bin/c99', 'c99-gcc'),
    link('/usr/bin/c89', 'c89-gcc'),
    ...forHost('gcc'),
  ],
  'gcc-c++': [link('/usr/bin/c++', 'g++'), ...forHost('g++', 'c++')],
  // Debian's links a program only with the libraries that it names itself, and not with those that these need.
  libtool: [
    edit('/usr/share/aclocal/libtool.m4', '(link_all_deplibs, $1)=no', '(link_all_deplibs, $1)=unknown'),
    edit('/usr/bin/libtool', 'link_all_deplibs=no', 'link_all_deplibs=unknown'),
  ],
  gnupg2: [link('/usr/bin/gpg2', 'gpg'), link('/usr/bin/gpgv2', 'gpgv')],
  which: [link('/usr/bin/which', 'which.debianutils')],
  bison: [link('/usr/bin/yacc', 'bison.yacc')],
  automake: ['automake', 'aclocal'].map((name) => link(`/usr/bin/${name}`, `/usr/bin/${name}-1*`)),
  lua: [link('/usr/bin/lua', '/usr/bin/lua5*'), link('/usr/bin/luac', '/usr/bin/luac5*')],
  'procps-ng': [link('/usr/bin/w', 'w.procps')],
  // Specs mean the program of util-linux, Debian the one of Perl.
  ...Object.fromEntries(
    ['util-linux', 'util-linux-extra'].map((name) => [name, [link('/usr/bin/rename', '/usr/bin/rename.u*')]]),
  ),
  // Debian's is for what the user of a machine builds: a folder below /usr/local.
  'ocaml-findlib': [
    file('/etc/ocamlfind.conf', 'destdir="/usr/lib/ocaml"\npath="/usr/lib/ocaml:/usr/lib/ocaml/METAS"\n'),
  ],
  'r-base-core': [link('/usr/lib/R/include', '../../share/R/include')],
  // As everywhere else: documents are made by their first names.
  openjade: [link('/usr/bin/jade', 'openjade')],
  opensp: [link('/usr/bin/sgml2xml', 'osx')],
  info: [link('/usr/sbin/install-info', '../bin/install-info')],
  'lua-devel': luaDevelopment,
  perl: [
    link(`${libraries}/libperl.so`, `${libraries}/libperl.so.5*`),
    perldoc,
    // Debian's section of the pages of programs of modules.
    edit(`${libraries}/perl*/Config_heavy.pl`, "man1ext='1p'", "man1ext='1'"),
  ],
  'perl-doc': [perldoc],
  'tcl8.6-devel': [withoutDpkg('/usr/lib/tcl*/*Config.sh')],
  'tk8.6-devel': [withoutDpkg('/usr/lib/tk*/*Config.sh')],
  // Programs look for it there by its path.
  'curl-devel': [link('/usr/include/curl', `${hostArchitecture.triplet}/curl`)],
  'apache2-devel': [link('/usr/sbin/apxs', '../bin/apxs')],
  'icon-naming-utils': [link('/usr/bin/icon-name-mapping', '../lib/icon-naming-utils/icon-name-mapping')],
  // Debian's Python installs into /usr/local and its packages' folder. Specs expect the folder of every other Python.
  python3: [
    link('/usr/bin/python', 'python3'),
    inPython('sysconfig*.py', "prefix_scheme = 'posix_local'", "prefix_scheme = 'posix_prefix'"),
    ...distutilsEdits,
    file('/usr/lib/python3/dist-packages/site-packages.pth', siteFolder),
  ],
  'python3-setuptools': [
    edit(
      '/usr/lib/python3/dist-packages/setuptools/command/install_egg_info.py',
      "self.prefix_option or 'real_prefix' in sys.__dict__",
      'True',
    ),
  ],
  // Debian's folders of units and rules begin with a link, which no list of files goes through.
  systemd: [edit('/usr/share/pkgconfig/systemd.pc', 'root_prefix=\n', 'root_prefix=/usr\n')],
  'systemd-udev': [edit('/usr/share/pkgconfig/udev.pc', 'udev_dir=/lib/udev', 'udev_dir=/usr/lib/udev')],
  dbus: [{ type: 'owner', path: launchHelper, mode: 0o4754, group: 'messagebus' }],
};

/** Returns the entries that a converted RPM gets besides its files. Pure. */
export function extraEntries(name: string): Entry[] {
  return [...(links[name] ?? []), ...(name === 'systemd' ? presets : [])];
}

/** Folders of every root. They belong to `filesystem` alone, to no converted package. */
const folders: readonly Entry[] = [
  ...splitAtBlanks(`
    /boot /dev /etc /home /mnt /opt /usr/bin /usr/sbin /usr/lib /usr/include /usr/libexec /usr/share /usr/src
    /usr/local /usr/local/bin /usr/local/sbin /usr/local/lib /usr/local/share /usr/local/include /usr/local/etc
    /var /var/cache /var/lib /var/lib/misc /var/log /var/opt /var/spool /var/srv /var/local /etc/profile.d /etc/opt /etc/skel
    ${libraries} ${libraries}/pkgconfig /usr/share/doc /usr/share/man /usr/share/info /usr/share/pkgconfig
    /usr/share/licenses /usr/share/locale /usr/lib/pkgconfig /usr/share/misc /usr/lib/modules /etc/pam.d
  `).map((path) => folder(path)),
  ...[folder('/proc', 0o555), folder('/sys', 0o555), folder('/run'), folder('/root', 0o700)],
  ...[folder('/tmp', 0o1777), folder('/var/tmp', 0o1777)],
  folder('/var/mail', 0o2775, 'mail'),
];

/** The paths of these folders, without the leading slash. */
export const commonFolders: readonly string[] = folders.map((entry) => entry.path.slice(1));

const filesystem: readonly Entry[] = [
  ...folders,
  ...['bin', 'sbin', 'lib'].map((name) => link(`/${name}`, `usr/${name}`)),
  // As in Azure Linux: one that a package has as a link cannot be a folder here, or the package cannot be installed.
  ...[link('/media', 'run/media'), link('/srv', 'var/srv')],
  ...[link('/lib64', 'usr/lib'), link('/usr/lib64', 'lib'), link('/usr/local/lib64', 'lib')],
  link('/var/run', '/run'),
  link('/var/lock', '/run/lock'),
  link('/etc/mtab', '/proc/self/mounts'),
  ...['/etc/shadow', '/etc/gshadow'].map((path) => config(path, accountFiles[path] ?? '', 0o640, 'shadow')),
  config('/etc/fstab', ''),
  config('/etc/hosts', '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'),
  config('/etc/shells', '/bin/sh\n/bin/bash\n/usr/bin/sh\n/usr/bin/bash\n'),
  config(
    '/etc/nsswitch.conf',
    ['passwd', 'group', 'shadow', 'gshadow'].map((name) => `${name}: files systemd\n`).join('') +
      'hosts: files dns\nnetworks: files\nprotocols: files\nservices: files\nethers: files\nrpc: files\n',
  ),
  config(
    '/etc/profile',
    `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
if [ "$(id -u)" -eq 0 ]; then PS1='# '; else PS1='$ '; fi
if [ -n "$BASH" ]; then PS1="[\\u@\\h \\W]$PS1"; fi
for file in /etc/profile.d/*.sh; do
  if [ -r "$file" ]; then . "$file"; fi
done
unset file
`,
  ),
];

/**
 * Makes the account files, of which nobody is the owner: a `filesystem` of the tree may bring its own, which then are not
 * in conflict with these. Lua, as a root is empty at first.
 */
const makeAccounts = `%post -p <lua>
posix.mkdir("/etc")
local function make(path, text)
  if posix.stat(path) then return end
  local file = io.open(path, "w")
  file:write(text)
  file:close()
  posix.chmod(path, "0644")
end
${['/etc/passwd', '/etc/group'].map((path) => `make("${path}", [[\n${accountFiles[path] ?? ''}]])\n`).join('')}`;

/**
 * The units that start in an image: those that are named, as in RPM distributions. Debian has no such files, because
 * its scripts enable units; without presets systemd enables all units.
 */
const presets: readonly Entry[] = [
  file(
    '/usr/lib/systemd/system-preset/90-systemd.preset',
    'enable getty@.service\nenable remote-fs.target\nenable systemd-pstore.service\nenable dbus.socket\n',
  ),
  file('/usr/lib/systemd/system-preset/99-default.preset', 'disable *\n'),
];

/** The PAM stacks that services include. Debian's pam-auth-update writes them. */
const pamStacks: readonly Entry[] = Object.entries({
  'common-auth':
    'auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n',
  'common-account':
    'account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n',
  'common-password':
    'password [success=1 default=ignore] pam_unix.so yescrypt\npassword requisite pam_deny.so\npassword required pam_permit.so\n',
  'common-session':
    'session required pam_permit.so\nsession required pam_unix.so\n-session optional pam_systemd.so\n',
  'common-session-noninteractive': 'session required pam_permit.so\nsession required pam_unix.so\n',
  other: '@include common-auth\n@include common-account\n@include common-password\n@include common-session\n',
}).map(([name, text]) => config(`/etc/pam.d/${name}`, text));

const builtin = (
  name: string,
  summary: string,
  entries: readonly Entry[],
  {
    provides = [],
    requires = [],
    scripts = '',
  }: { provides?: string[]; requires?: string[]; scripts?: string },
): StandIn => ({
  name,
  epoch: 0,
  version: '1.0',
  release: '1',
  noarch: true,
  summary,
  debs: [],
  entries: [...entries],
  provides,
  requires,
  ignoredRequires: [],
  scripts,
});

/** Files of macros, read before those of other packages, which therefore win, and never at the path of one. */
const macroEntries = Object.entries(macroFiles).map(([name, text]) =>
  file(`/usr/lib/rpm/macros.d/macros.00-${name}`, text),
);

/** The packages that bring these macros in RPM distributions. */
const macroPackages = [
  ...['ocaml-rpm-macros', 'ocaml-srpm-macros', 'python3-rpm-macros', 'systemd-rpm-macros'],
  'systemd-bootstrap-rpm-macros',
];

/** The stand-ins that are made of no Debian package. */
export const builtinPackages: readonly StandIn[] = [
  builtin('filesystem', 'Folders, merged /usr and base settings of every root', filesystem, {
    provides: ['basesystem = 1.0-1'],
    requires: ['setup'],
  }),
  // A package of its own, which is installed first: rpm looks up the owner of a file when it writes the file.
  builtin('setup', 'System accounts of every root', [], {
    provides: [...users.map(([name]) => `user(${name})`), ...groups.map(([name]) => `group(${name})`)],
    scripts: makeAccounts,
  }),
  builtin('pam-configuration', 'The PAM stacks that services include', pamStacks, {
    requires: ['filesystem'],
  }),
  builtin(
    'distribution-release',
    'Says which distribution this is, until its own release package does',
    [
      file('/usr/lib/os-release', 'NAME="Linux"\nPRETTY_NAME="Linux"\nID=linux\nVERSION_ID="1.0"\n'),
      link('/etc/os-release', '../usr/lib/os-release'),
      config('/etc/issue', '\\S\nKernel \\r on \\m (\\l)\n\n'),
    ],
    { provides: ['system-release = 1.0-1'], requires: ['filesystem'] },
  ),
  builtin(
    'distribution-rpm-macros',
    'Paths that rpm, its database and its builds use in this root',
    [
      file('/etc/rpm/macros.distribution', rpmMacros),
      ...macroEntries,
      file('/usr/lib/rpm/sysusers-scriptlet.py', sysusersScriptlet, 0o755),
      file('/usr/lib/rpm/ocaml-files.py', ocamlFiles, 0o755),
      file('/usr/lib/rpm/perl-dependencies.py', perlDependencies, 0o755),
      ...Object.entries(perlAttributes).map(([name, text]) =>
        file(`/usr/lib/rpm/fileattrs/${name}.attr`, text),
      ),
    ],
    { provides: macroPackages.map((name) => `${name} = 1.0-1`), requires: ['filesystem'] },
  ),
];
