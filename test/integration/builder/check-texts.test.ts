import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ProblemsError } from '../../../src/shared/base/problems.ts';
import { checkTexts } from '../../../src/shared/builder/check-texts.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace } from '../../support/workspace.ts';

/** rpm refuses a spec with a control character among its first bytes. */
const padding = '# a comment\n'.repeat(1000);
const files = '%install\nmkdir -p %{buildroot}/opt\ntouch %{buildroot}/opt/x\n';
const changelog = (text: string) => `%changelog\n* Mon Jan 01 2024 A B <a@b> - 1-1\n- ${text}\n`;

/** By package: further tags, the rest of the spec, the problems that are found. */
const specs: Record<string, [tags: string, rest: string, problems: string[]]> = {
  fine: [
    '%global opt bar\nRequires(pre): shadow-utils',
    `${files}%post\ndate +%%s\nprintf '%%s\\t%%{G} %%nobody_knows' x\n%files\n%defattr(-,root,root)\n/opt/x\n${changelog('a\ttab,\n  two lines, é')}`,
    [],
  ],
  'esc-log': [
    '',
    `${files}%files\n/opt/x\n${padding}${changelog('red \x1b[31m')}`,
    [
      'SPECS/esc-log.spec:1017: %changelog of esc-log-1-1.noarch.rpm has the control character U+001B in "- red \\u001b[31m"',
    ],
  ],
  'esc-sum': [
    'Vendor: v%{lua:print(string.char(7))}v',
    `${files}%files\n/opt/x\n`,
    ['SPECS/esc-sum.spec: Vendor of esc-sum-1-1.noarch.rpm has the control character U+0007 in "v\\u0007v"'],
  ],
  names: [
    'Provides: a%{lua:print(string.char(27))}b',
    `${files}%files\n/opt/x\n`,
    ['SPECS/names.spec: Provides of names-1-1.noarch.rpm has the control character U+001B in "a\\u001bb"'],
  ],
  macros: [
    'Provides: rubygem(json) = %{json_version}-7\nRequires: sh%{?nothing}',
    `${files}mkdir -p '%{buildroot}/opt/%{_foodir}' %{buildroot}/opt/%%upstream_name%%\n%post\n%systemd_postun_with_relaod a.service\n%files\n/opt/*\n`,
    [
      'SPECS/macros.spec:14: a path of %files of macros-1-1.noarch.rpm has the macro %_foodir, which nobody defined',
      'SPECS/macros.spec:7: Provides of macros-1-1.noarch.rpm has the macro %json_version, which nobody defined',
      'SPECS/macros.spec:16: %post of macros-1-1.noarch.rpm has the macro %systemd_postun_with_relaod, which nobody defined',
    ],
  ],
  section: [
    '',
    `Of it %nobody is sure.\n\n%foo_scriptlets libs\n\n%%no_macro here\n${files}%files\n/opt/x\n`,
    [
      'SPECS/section.spec:12: %description of section-1-1.noarch.rpm has the macro %foo_scriptlets, which nobody defined',
    ],
  ],
  split: [
    '',
    `%package one\nSummary: o\n%description one\nx\n%package two\nSummary: o\n%description two\nx\n${files}%files one\n/opt/x\n%files two\n%post one\n%nobody x\n%post two\n%nobody x\n%triggerin -p <lua> one -- bash\nprint("%{nobody}")\n`,
    [
      'SPECS/split.spec:25: %post of split-one-1-1.noarch.rpm has the macro %nobody, which nobody defined',
      'SPECS/split.spec:25: a trigger of split-one-1-1.noarch.rpm has the macro %nobody, which nobody defined',
    ],
  ],
};

let dir: string;

beforeAll(async () => {
  const { worker } = await testWorker();
  dir = newWorkspace();
  const texts = Object.entries(specs).map(([name, [tags, rest]]) => {
    return [`${name}.spec`, specText(name, `BuildArch: noarch\n${tags}`, rest)];
  });
  await writeTree(join(dir, 'specs'), Object.fromEntries(texts));
  const overlay = await createOverlay(join(dir, 'make'));
  for (const name of Object.keys(specs)) {
    const define = ['--define', `_topdir /tmp/${name}`];
    await runInSandbox(['rpmbuild', '-bb', ...define, `/azl-specs/${name}.spec`], {
      root: { worker, overlay },
      binds: [{ source: join(dir, 'specs'), target: '/azl-specs' }],
    });
    await cp(join(overlay, `upper/tmp/${name}/RPMS/noarch`), join(dir, name), { recursive: true });
  }
});

it.each(Object.entries(specs))('%s has the problems that it should', async (name, [, , problems]) => {
  const rpms = (await readdir(join(dir, name))).sort();
  const checked = checkTexts(join(dir, name), rpms, join(dir, 'specs', `${name}.spec`), `SPECS/${name}.spec`);
  const error = await checked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const found = error instanceof ProblemsError ? error.message.split('\n') : [error].filter(Boolean);
  expect(found.map((line) => String(line).replace(/\. (?:Add|Remove) .*/, ''))).toEqual(problems);
});
