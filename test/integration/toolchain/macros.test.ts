import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { macroFiles, rpmMacros, sysusersScriptlet } from '../../../src/shared/toolchain/convert/macros.ts';
import { writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace } from '../../support/workspace.ts';

/** Expands every expression with the worker's rpm, which has read these macros and none of Debian's stand-ins. */
const program = `import json, rpm
rpm.reloadConfig()
for name in json.load(open('/azl/names.json')):
    rpm.expandMacro('%{load:/azl/' + name + '}')
for name, value in {'name': 'app', 'version': '1.2', 'release': '3', 'gem_name': 'jewel', 'buildroot': '/B', 'optflags': '-O2', '_smp_mflags': '-j1'}.items():
    rpm.addMacro(name, value)
expressions = json.load(open('/azl/expressions.json'))
def expand(expression):
    try:
        return rpm.expandMacro(expression)
    except rpm.error as error:
        return str(error)
print(json.dumps([expand(one) for one in expressions]))`;

const sysusers = 'u one 30 "A daemon" /srv /bin/sh\ng two -\nm one two\n';
const triplet = String(/%__multiarch_libdir \S+\/(\S+)/.exec(rpmMacros)?.[1]);
const whereSystemd = (command: string) =>
  `if [ -x /usr/bin/systemctl ]; then /usr/bin/systemctl ${command} || :; fi`;
const whereRunning = (command: string) =>
  `if [ -d /run/systemd/system ]; then /usr/bin/systemctl ${command} || :; fi`;

/** Each macro, as a spec writes it, and its expansion without blanks at the ends of lines, and without blank lines. */
const table: [string, string | RegExp][] = [
  ...Object.entries({
    _unitdir: 'systemd/system',
    _userunitdir: 'systemd/user',
    _presetdir: 'systemd/system-preset',
    _userpresetdir: 'systemd/user-preset',
    _udevhwdbdir: 'udev/hwdb.d',
    _udevrulesdir: 'udev/rules.d',
    _journalcatalogdir: 'systemd/catalog',
    _binfmtdir: 'binfmt.d',
    _sysctldir: 'sysctl.d',
    _sysusersdir: 'sysusers.d',
    _tmpfilesdir: 'tmpfiles.d',
    _environmentdir: 'environment.d',
    _modulesloaddir: 'modules-load.d',
    _modprobedir: 'modprobe.d',
    _kernel_install_dir: 'kernel/install.d',
    _ntpunitsdir: 'systemd/ntp-units.d',
    _systemdgeneratordir: 'systemd/system-generators',
    _systemdusergeneratordir: 'systemd/user-generators',
    _systemd_system_env_generator_dir: 'systemd/system-environment-generators',
    _systemd_user_env_generator_dir: 'systemd/user-environment-generators',
    _systemd_util_dir: 'systemd',
    ruby_libdir: 'ruby',
    ruby_vendordir: 'ruby/vendor_ruby',
    ruby_vendorlibdir: 'ruby/vendor_ruby',
    ruby_libarchdir: `${triplet}/ruby`,
    ruby_vendorarchdir: `${triplet}/ruby/vendor_ruby`,
    gem_archdir: `${triplet}/rubygems-integration`,
    ocamldir: 'ocaml',
  }).map(([name, path]): [string, string] => [`%{${name}}`, `/usr/lib/${path}`]),
  ...Object.entries({
    gem_dir: '',
    gemdir: '',
    gem_instdir: '/gems/jewel-1.2',
    gem_libdir: '/gems/jewel-1.2/lib',
    gem_cache: '/cache/jewel-1.2.gem',
    gem_spec: '/specifications/jewel-1.2.gemspec',
    gem_docdir: '/doc/jewel-1.2',
    gem_plugin: '/plugins/jewel_plugin.rb',
    gem_extdir_mri: '/extensions/*/*/jewel-1.2',
  }).map(([name, path]): [string, string] => [`%{${name}}`, `/usr/share/rubygems-integration/all${path}`]),
  ['%_libdir %_lib', '/usr/lib lib'],
  ...['python3', 'python'].map((python): [string, RegExp] => [
    `%${python}_sitelib %${python}_sitearch`,
    /^(\/usr\/lib\/python3\.\d+\/site-packages) \1$/,
  ]),
  ['%_docdir %_pkgdocdir', '/usr/share/doc /usr/share/doc/app'],
  ['%ruby_sitedir %ruby_sitelibdir', '/usr/local/lib/site_ruby /usr/local/lib/site_ruby'],
  ['%ruby_sitearchdir', `/usr/local/lib/${triplet}/site_ruby`],
  ['a%{ruby_default_filter}b', 'ab'],
  [
    '%gem_install -n x.gem',
    'mkdir -p ./usr/share/rubygems-integration/all\ngem install --local --force --no-user-install --document=ri,rdoc --bindir ./usr/bin --install-dir ./usr/share/rubygems-integration/all x.gem',
  ],
  ['%gem_install -d there', /--install-dir there jewel-1\.2\.gem$/],
  ['%gemspec_clear_signing', "sed -i -E '/\\.(signing_key|cert_chain) *=/d' jewel-1.2.gemspec"],
  ['%gemspec_clear_signing -f x', /=\/d' x$/],
  ['%systemd_requires', 'Requires(post): systemd\nRequires(preun): systemd\nRequires(postun): systemd'],
  [
    '%systemd_ordering',
    'OrderWithRequires(post): systemd\nOrderWithRequires(preun): systemd\nOrderWithRequires(postun): systemd',
  ],
  [
    '%systemd_post a.service b.socket',
    `if [ $1 -eq 1 ]; then\n    ${whereSystemd('--no-reload preset a.service b.socket')}\nfi`,
  ],
  ['%systemd_preun a', `if [ $1 -eq 0 ]; then\n    ${whereSystemd('--no-reload disable --now a')}\nfi`],
  ['%systemd_postun a', whereRunning('daemon-reload')],
  [
    '%systemd_postun_with_restart a',
    `${whereRunning('daemon-reload')}\nif [ $1 -ge 1 ]; then\n    ${whereRunning('try-restart a')}\nfi`,
  ],
  [
    '%systemd_postun_with_reload a',
    `${whereRunning('daemon-reload')}\nif [ $1 -ge 1 ]; then\n    ${whereRunning('try-reload-or-restart a')}\nfi`,
  ],
  ['%systemd_user_post a', `if [ $1 -eq 1 ]; then\n    ${whereSystemd('--no-reload preset --global a')}\nfi`],
  [
    '%systemd_user_preun a',
    `if [ $1 -eq 0 ]; then\n    ${whereSystemd('--no-reload disable --global a')}\nfi`,
  ],
  ...[
    '%systemd_user_postun a',
    '%systemd_user_postun_with_restart a',
    '%systemd_user_postun_with_reload a',
  ].map((one): [string, string] => [one, '']),
  ...[
    '%systemd_user_daemon_reexec',
    '%udev_hwdb_update',
    '%udev_rules_update',
    '%journal_catalog_update',
  ].map((one): [string, string] => [one, '']),
  [
    '%binfmt_apply a.conf',
    'if [ -d /run/systemd/system ]; then /usr/lib/systemd/systemd-binfmt a.conf || :; fi',
  ],
  [
    '%sysctl_apply a.conf',
    'if [ -d /run/systemd/system ]; then /usr/lib/systemd/systemd-sysctl a.conf || :; fi',
  ],
  [
    '%tmpfiles_create a.conf',
    'if [ -x /usr/bin/systemd-tmpfiles ]; then /usr/bin/systemd-tmpfiles --create a.conf || :; fi',
  ],
  [
    '%tmpfiles_create_package app /azl/users.conf',
    `if [ -x /usr/bin/systemd-tmpfiles ]; then\n/usr/bin/systemd-tmpfiles --replace=/usr/lib/tmpfiles.d/app.conf --create - <<'END_OF_TMPFILES' || :\n${sysusers}END_OF_TMPFILES\nfi`,
  ],
  [
    '%sysusers_create a.conf',
    'if [ -x /usr/bin/systemd-sysusers ]; then /usr/bin/systemd-sysusers a.conf || :; fi',
  ],
  [
    '%sysusers_create_inline u one -',
    "if [ -x /usr/bin/systemd-sysusers ]; then\n/usr/bin/systemd-sysusers - <<'END_OF_SYSUSERS' || :\nu one -\nEND_OF_SYSUSERS\nfi",
  ],
  [
    '%sysusers_create_package app /azl/users.conf',
    `if [ -x /usr/bin/systemd-sysusers ]; then\n/usr/bin/systemd-sysusers --replace=/usr/lib/sysusers.d/app.conf - <<'END_OF_SYSUSERS' || :\n${sysusers}END_OF_SYSUSERS\nfi`,
  ],
  [
    '%sysusers_create_compat /azl/users.conf',
    `getent group one >/dev/null || groupadd -r -g 30 one || :
getent passwd one >/dev/null || useradd -r -u 30 -g one -d /srv -s /bin/sh -c 'A daemon' one || :
getent group two >/dev/null || groupadd -r two || :
getent group two >/dev/null || groupadd -r two || :
getent group one >/dev/null || groupadd -r one || :
getent passwd one >/dev/null || useradd -r -g one -d / -s /usr/sbin/nologin one || :
usermod -a -G two one || :`,
  ],
  ['%py3_shebang_fix $(git grep -l x)', /^find \$\(git grep -l x\) -type f /],
  ['%sysusers_requires_compat', 'Requires(pre): shadow-utils'],
  ...['_post', '_postun -p x', '_scriptlets', '_scriptlets libs', '_scriptlets -n x'].map(
    (rest): [string, string] => [`a%ldconfig${rest}\nb`, 'a\nb'],
  ),
  ['%perl_vendorlib', '/usr/share/perl5'],
  ['%perl_vendorarch', new RegExp(`^/usr/lib/${triplet}/perl5/5\\.\\d+$`)],
  ['%perl_privlib', /^\/usr\/share\/perl\/5\.\d+$/],
  ['%perl_archlib', new RegExp(`^/usr/lib/${triplet}/perl/5\\.\\d+$`)],
  ['%perl_sitelib', /^\/usr\/local\/share\/perl\/5[.\d]+$/],
  ['%perl_sitearch', new RegExp(`^/usr/local/lib/${triplet}/perl/5[.\\d]+$`)],
  ['%perl_version', /^5\.\d+\.\d+$/],
  ['%perl_archname', /linux-gnu/],
  ['%perl5_testdir', '/usr/libexec/perl5-tests'],
  ['%perl_ext_env_unset', /^unset PERL5LIB/],
  [
    '%{perl_default_filter}%{__requires_exclude_from} %{__provides_exclude_from}',
    /^\^\S+\/doc\/ \^\S+\/doc\/\|\^\S+\/auto\/\.\*\[\.\]so\$$/,
  ],
  [
    '%__python3 %python3 %__python %python',
    '/usr/bin/python3 /usr/bin/python3 /usr/bin/python3 /usr/bin/python3',
  ],
  ['%{python3_pkgversion}', '3'],
  ['%python3_version %python_version', /^3\.(\d+) 3\.\1$/],
  ['%python3_version_nodots %python_version_nodots', /^3(\d+) 3\1$/],
  ['%python3_platform %python_platform', /^(linux-\w+) \1$/],
  ['%python3_platform_triplet %python_platform_triplet', `${triplet} ${triplet}`],
  ['%python3_ext_suffix %python_ext_suffix', /^(\.cpython-3\d+-\S+\.so) \1$/],
  ['%python3_cache_tag %python_cache_tag', /^(cpython-3\d+) \1$/],
  ['%python_wheel_pkg_prefix %python_wheel_dir', 'python /usr/share/python-wheels'],
  ['%py3dir', /\/python3-app-1\.2-3$/],
  ['%py3_shbang_opts %py_shbang_opts', '-s -s'],
  ['%py3_shbang_opts_nodash %py_shbang_opts_nodash %py3_shebang_flags %py_shebang_flags', 's s s s'],
  ...['py3', 'py'].flatMap((py): [string, string | RegExp][] => [
    [
      `%{${py}_shebang_fix a b}`,
      "find a b -type f -exec sed -i -E '1s,^#! */usr/bin/(env +)?python[0-9.]*,#!/usr/bin/python3,' {} +",
    ],
    [
      `%${py}_build`,
      /^CFLAGS=.* \/usr\/bin\/python3 setup\.py +build --executable="\/usr\/bin\/python3 -s"$/,
    ],
    [
      `%${py}_install`,
      /setup\.py +install -O1 --skip-build --root \/B --prefix \/usr\nrm -rf \/B\/usr\/bin\/__pycache__$/,
    ],
    [`%${py}_build_wheel`, /setup\.py +bdist_wheel$/],
    [
      `%${py}_install_wheel x.whl`,
      /-m pip install --root \/B --prefix \/usr .* --find-links dist dist\/x\.whl$/,
    ],
    [`%${py}_check_import a b`, /for name in sys\.argv\[1:\]\]' a b$/],
    [`%${py}_test_envvars`, /^PATH="\/B\/usr\/bin:\$PATH" PYTHONPATH=/],
  ]),
  ['%py_byte_compile /usr/bin/python3 /B/x', /^find \/B\/x .* \/usr\/bin\/python3 -m py_compile {} \+$/],
  ['%pytest -v', /PYTHONDONTWRITEBYTECODE=1 \/usr\/bin\/pytest -v$/],
  ['%{py_dist_name A_b}', 'a-b'],
  ['%{py3_dist Foo.Bar[Q] b}', 'python3dist(foo-bar[q]) python3dist(b)'],
  ['%py_provides python3-x', 'Provides: python3-x = 1.2-3'],
  ['%py_provides python3-x 7', 'Provides: python3-x = 7'],
  ['%python_provide python3-x', 'Provides: python-x = 1.2-3'],
  ['%pypi_source', 'https://files.pythonhosted.org/packages/source/a/app/app-1.2.tar.gz'],
  ['%{pypi_source b 2 zip}', 'https://files.pythonhosted.org/packages/source/b/b/b-2.zip'],
  ['%{pycached /a/b.py}', '/a/b.py /a/__pycache__/b.cpython-*.pyc'],
  ['%cmake -DX=1', /\/usr\/bin\/cmake +-B "\." .* -DCMAKE_INSTALL_LIBDIR:PATH=lib .* -DX=1$/],
  ['%cmake_build -v', '/usr/bin/cmake --build "." -j1 --verbose -v'],
  ['%cmake_install', 'DESTDIR="/B" /usr/bin/cmake --install "."'],
  ['%ctest -R x', /^\/usr\/bin\/ctest --test-dir "\." .* -j1 -R x$/],
  ['%cmake3 -DY=1', /\/usr\/bin\/cmake .* -DY=1$/],
  ['%cmake3_build', '/usr/bin/cmake --build "." -j1 --verbose'],
  ['%cmake3_install', 'DESTDIR="/B" /usr/bin/cmake --install "."'],
  ['%ctest3', /^\/usr\/bin\/ctest /],
  ['%_vpath_srcdir %_vpath_builddir', /^\. \S+-linux\S*$/],
  ['%meson -Dx=y', /\/usr\/bin\/meson setup .* --libdir=\/usr\/lib .* \. \S+-linux\S* -Dx=y$/],
  ['%meson_build', /^\/usr\/bin\/meson compile -C \S+-linux\S* -j \d+ --verbose$/],
  ['%meson_install', /^DESTDIR=\/B \/usr\/bin\/meson install -C \S+-linux\S* --no-rebuild$/],
  ['%meson_test', /^\/usr\/bin\/meson test -C \S+-linux\S* /],
  ['%ninja_build -C x', '/usr/bin/ninja -v -j1 -C x'],
  ['%ninja_install', 'DESTDIR=/B /usr/bin/ninja install -v -j1'],
  ['%ninja_test', '/usr/bin/ninja test -v -j1'],
  ['%ocaml_native_compiler', 'x86_64 aarch64'],
  ['%ocaml_natdynlink', 'x86_64 aarch64'],
  ['%{ocaml_native_profiling}x%{ocaml_pkg y}', 'x'],
  ['%ocaml_files -s -n', '/usr/bin/python3 /usr/lib/rpm/ocaml-files.py -s -n /B /usr/lib/ocaml'],
  ['%dune_build -p x', 'dune build -j1 --verbose --release -p x'],
  ['%dune_build', 'dune build -j1 --verbose --release'],
  ['%dune_build -j4 -p x', 'dune build --verbose --release -j4 -p x'],
  ['%dune_check', 'dune runtest -j1 --verbose --release'],
  ['%dune_install', /^dune install --destdir=\/B --prefix=\/usr --libdir=\/usr\/lib\/ocaml .* --release\n/],
  ['%dune_install -s x', /--release x\n.*\$\{mli%i\}.*\n.*ocaml-files.py -s +\/B \/usr\/lib\/ocaml$/],
];

let expanded: string[];

beforeAll(async () => {
  const { worker } = await testWorker();
  const dir = newWorkspace();
  await writeTree(join(dir, 'azl'), {
    ...macroFiles,
    paths: rpmMacros,
    'names.json': JSON.stringify(['paths', ...Object.keys(macroFiles)]),
    'expressions.json': JSON.stringify(table.map(([expression]) => expression)),
    'expand.py': program,
    'users.conf': sysusers,
  });
  const overlay = await createOverlay(join(dir, 'overlay'));
  const helper = join(overlay, 'upper/usr/lib/rpm/sysusers-scriptlet.py');
  await mkdir(dirname(helper), { recursive: true });
  await writeFile(helper, sysusersScriptlet);
  await chmod(helper, 0o755);
  const binds = [{ source: join(dir, 'azl'), target: '/azl' }];
  const { stdout } = await runInSandbox(['/usr/bin/python3', '-IB', '/azl/expand.py'], {
    root: { worker, overlay },
    binds,
  });
  expanded = JSON.parse(stdout) as string[];
});

it.each(
  table.map(([expression, value], index) => ({ expression, value, index })),
)('$expression of a stand-in has its value', ({ value, index }) => {
  const lines = String(expanded[index]).split('\n');
  const text = lines
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
  if (typeof value === 'string') expect(text).toBe(value);
  else expect(text).toMatch(value);
});

it('has a row for each macro of a stand-in that specs use', () => {
  const defined = Object.values(macroFiles).flatMap((text) =>
    [...text.matchAll(/^%([A-Za-z]\w*|_[a-z]\w*)/gm)].map((match) => String(match[1])),
  );
  const rows = table.map(([expression]) => expression).join('\n');
  const isHelper = (name: string) => name.startsWith('__') || name === 'global';
  const lacking = defined.filter((name) => !isHelper(name) && !new RegExp(`%\\{?${name}\\b`).test(rows));
  expect(lacking).toEqual([]);
  expect(defined.length).toBeGreaterThan(130);
});
