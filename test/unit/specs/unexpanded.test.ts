import { describe, expect, it } from 'vitest';
import {
  isEscaped,
  lineOfMacro,
  unexpandedInDescription,
  unexpandedInName,
  unexpandedInScriptlet,
} from '../../../src/shared/specs/unexpanded.ts';

describe('a scriptlet', () => {
  it.each<[string, string[], string?]>([
    // What nobody defined.
    ['%systemd_postun_with_reload a.service', ['%systemd_postun_with_reload']],
    ['echo x\n  %ldconfig_scriptlets\n', ['%ldconfig_scriptlets']],
    ['%{ldconfig_postun}', ['%ldconfig_postun']],
    ['%selinux', ['%selinux']],
    ['%sysusers_create_package app %{SOURCE1}', ['%sysusers_create_package', '%SOURCE1']],
    [
      '/sbin/depmod %azl_kernel_version-%azl_kernel_release.azl3',
      ['%azl_kernel_version', '%azl_kernel_release'],
    ],
    ['if [ ! -f "%{perl_vendorlib}/XML/SAX.ini" ] ; then', ['%perl_vendorlib']],
    ['install -d %{?_foodir}/x', ['%_foodir']],
    ['install -d %_foodir/x %_foodir/y', ['%_foodir']],
    ['%nobody_has_it', ['%nobody_has_it'], '/usr/bin/bash'],
    ['print("%{_foodir}")', ['%_foodir'], '<lua>'],
    // What is shell, or another program's.
    ['date +%s; date +%Y-%m-%d; date +%Y_old', []],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is shell
    ['x=${file%.missing} y=${dir#*-} z=${dir%-*} w=${x%%suffix_of}', []],
    ["printf '%s_old %d %-10s' a b c", []],
    ['find /usr -printf "%f\\n"', []],
    ['if [ "$(stat --printf="%{G} %{a}" "$DEV")" = "root 644" ]; then', []],
    ['[ "%{_excludedocs}" = 1 ] || x=1', []],
    ["curl -s -w '%{http_code}' http://x", []],
    ["rpm -q --qf '%{NAME}-%{VERSION}\\n' app", []],
    ['## All %files should be placed here', []],
    ['true # see %{watched_pkgs}', []],
    ['#%selinux_modules_install -s targeted x.pp', []],
    ["cat > /etc/sudoers.d/x <<'END'\n%wheel ALL=(ALL) ALL\nEND\ntrue", []],
    ['cat <<-EOF\n\t%{Referer}i\n\tEOF\n%after_it', ['%after_it']],
    ['echo 100% done', []],
    ['kill %1', []],
    ['a = b %mod_x', [], '/usr/bin/python3'],
    ['string.format("%s_x %d", a, b % c)', [], '<lua>'],
    ['', []],
  ])('%j has %j', (text, found, program = '/bin/sh') => {
    expect(unexpandedInScriptlet(text, program)).toEqual(found);
  });
});

it.each<[string, string[]]>([
  ['rubygem(json) = %{json_version}-7', ['%json_version']],
  ['php(api) = %{php_core_api}', ['%php_core_api']],
  ['srp = 25_%azl_kernel_version.%azl_kernel_release', ['%azl_kernel_version', '%azl_kernel_release']],
  ['/usr/share/%{name}/x', ['%name']],
  ['/usr/share/foo%20bar/100%', []],
  ['/usr/lib/systemd/system/app@%i.service', []],
  ['font(:lang=en)', []],
])('the name %j has %j', (text, found) => {
  expect(unexpandedInName(text)).toEqual(found);
});

it.each<[string, string[]]>([
  ['A library.\n\n%ldconfig_scriptlets libs\n', ['%ldconfig_scriptlets']],
  ['%{?systemd_user_post}\n', ['%systemd_user_post']],
  ['It is 100 % free, 50%off_all, and knows %placeholder_of_printf.', []],
  ['% signs\n%d of them', []],
])('the description %j has %j', (text, found) => {
  expect(unexpandedInDescription(text)).toEqual(found);
});

it('the line of a macro is the first that uses it, not a comment and not an escaped one', () => {
  const spec = '# %foo_bar\n%%foo_bar\n%foo_bar_baz\n  %{?foo_bar:x}\n%foo_bar\n';
  expect(lineOfMacro(spec, '%foo_bar')).toBe(4);
  expect(lineOfMacro(spec, '%nowhere')).toBeUndefined();
  expect([isEscaped(spec, '%foo_bar'), isEscaped(spec, '%foo_bar_baz')]).toEqual([true, false]);
});
