import { hostArchitecture } from '../../base/architectures.ts';
import { checkAccounts } from './check-accounts.ts';
import { checkDisk, checkMounts } from './check-disk.ts';
import type { ImageConfig } from './config.ts';
import { isRemoved } from './obsolete-files.ts';
import { hasControlCharacter, isPlainName, isPlainPath } from './plain-text.ts';
import { type Findings, member, type Report } from './values.ts';

const hostLabel = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/**
 * Checks what types cannot express: sizes, overlaps, names, references between parts. Adds to `findings`. A part that
 * already has a problem is skipped, so that one mistake gives one message.
 */
export function checkConfig(config: ImageConfig, findings: Findings): void {
  const { report } = findings;
  const isSound = (...parts: RegExp[]) =>
    !findings.problems.some(({ path = '' }) => parts.some((part) => part.test(path)));
  const soundAccounts = isSound(/\.(Users|Groups)(\[\d+\])?$/);
  if (isSound(/^\$\.Disks/)) checkDisk(config, report);
  if (isSound(/^\$\.Disks$/, /\.Partitions$/, /\.(ID|FsType|PartitionSettings|MountPoint)$/))
    checkMounts(config, report);
  checkSystem(config, report);
  if (isSound(/\.KernelCommandLine/)) checkConsole(config, findings.warn);
  if (soundAccounts) checkAccounts(config, report);
  checkFiles(config, report);
}

function checkSystem({ system }: ImageConfig, report: Report): void {
  const at = '$.SystemConfigs[0]';
  if (!isPlainName(system.name.replaceAll(' ', '-')))
    report(`${at}.Name`, `'${system.name}' does not give a plain file name`);
  const { hostname } = system;
  const labels = hostname.split('.');
  if (hostname !== '' && (hostname.length > 64 || !labels.every((label) => hostLabel.test(label))))
    report(`${at}.Hostname`, `'${hostname}' is not a host name`, "Use letters, digits, '-' and '.'.");
  if (system.packageLists.length + system.packages.length === 0)
    report(at, 'There is no package', 'Give PackageLists or Packages.');
  if (hasControlCharacter(system.kernelCommandLine) || system.kernelCommandLine.includes('`'))
    report(`${at}.KernelCommandLine.ExtraCommandLine`, 'This holds a backtick or a line break');
}

/**
 * Warns of a kernel that says nothing on the serial port. Such an image may come up and pass its boot test, whose report
 * has a port of its own; but nobody sees why it does not.
 */
function checkConsole({ system }: ImageConfig, warn: Report): void {
  const { serialConsole } = hostArchitecture;
  const consoles = system.kernelCommandLine.split(/\s+/).filter((word) => word.startsWith('console='));
  if (consoles.some((word) => word.slice('console='.length).split(',')[0] === serialConsole)) return;
  warn(
    '$.SystemConfigs[0].KernelCommandLine.ExtraCommandLine',
    'The kernel has no serial console: a boot test that fails cannot show why, and make run shows nothing',
    `Add 'console=${serialConsole}'.`,
  );
}

function checkFiles({ system }: ImageConfig, report: Report): void {
  for (const { source, target } of system.additionalFiles) {
    const at = member('$.SystemConfigs[0].AdditionalFiles', source);
    if (!isPlainPath(target) || target === '/')
      report(at, `'${target}' is not an absolute path without '..'`);
    else if (isRemoved(target)) {
      const hint = 'A system makes what it needs there at boot: see tmpfiles.d.';
      report(at, `'${target}' would not be in the image: nothing stays there`, hint);
    }
  }
}
