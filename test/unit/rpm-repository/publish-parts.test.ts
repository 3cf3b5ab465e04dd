import { expect, it } from 'vitest';
import { partOf } from '../../../src/shared/rpm-repository/write/publish-parts.ts';

it.each([
  ['RPMS/x86_64/bash-5.2-1.x86_64.rpm', 'rpms'],
  ['RPMS/noarch/bash-doc-5.2-1.noarch.rpm', 'rpms'],
  ['RPMS/x86_64/bash-debuginfo-5.2-1.x86_64.rpm', 'debuginfo'],
  ['RPMS/x86_64/bash-debugsource-5.2-1.x86_64.rpm', 'debuginfo'],
  ['RPMS/x86_64/glibc-debuginfo-common-2.38-1.x86_64.rpm', 'debuginfo'],
  ['RPMS/x86_64/debugedit-5.0-1.x86_64.rpm', 'rpms'],
  ['RPMS/x86_64/elfutils-debuginfod-0.189-1.x86_64.rpm', 'rpms'],
  ['SRPMS/bash-5.2-1.src.rpm', 'srpms'],
])('%s is of the part %s', (path, part) => expect(partOf(path)).toBe(part));
