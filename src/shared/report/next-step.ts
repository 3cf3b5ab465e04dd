import { makeCommand } from '../base/make-command.ts';
import type { Limits } from '../model/limits.ts';
import type { FailureKind } from '../model/outcome.ts';
import { code } from './page.ts';

/** A limit twice as high as the default, or as some packages need. */
const higher: Readonly<Record<keyof Limits, string>> = {
  seconds: '86400',
  memory: '24G',
  processes: '16384',
  disk: '60G',
  log: '1G',
};

/** Returns what helps after a failure of a package, as Markdown. Pure. @param isCheck its `%check` failed, not its build */
export function nextStep(name: string, kind: FailureKind | undefined, isCheck: boolean): string {
  const command = (target: string, more: Readonly<Record<string, string>> = {}) =>
    code(makeCommand(target, { PACKAGE_BUILD_LIST: name, ...more }));
  switch (kind) {
    case 'requirement':
      return `Correct the name, or add a spec that provides it, or state it with ${code('Provides:')} in the spec that makes it. To see without a build whether that was all: ${command('plan')}.`;
    case 'cycle':
      return `Remove one of these requirements, or move the part that needs the other into a spec of its own. If the toolchain has a package of the cycle, the input ${code('break-cycles')} takes it from there.`;
    case 'spec':
      return `Correct the spec: what needs it is built when it parses. To see that without a build: ${command('plan')}.`;
    case 'input':
      return `To check its files without a build: ${command('input-srpms')}.`;
    case 'clash':
      return 'Rename what both make in one of the two specs, or leave it out there.';
    case 'time-budget':
      return `Give it more time: ${code('time-budget')}, or name it in ${code('heavy-packages')} and set ${code('heavy-time-budget')}.`;
    case 'shards':
      return `Name it in ${code('heavy-packages')}, and set ${code('heavy-runs-on')} to a larger runner. ${code('package-limits')} makes it fail alone, with its reason, before the runner ends: ${code(`${name}: memory=8G`)}.`;
    case 'seconds':
    case 'memory':
    case 'processes':
    case 'disk':
    case 'log':
      return `If it needs that much, raise its limit with the input ${code('package-limits')}: ${code(`${name}: ${kind}=${higher[kind]}`)}.`;
    default: {
      const more: Record<string, string> = isCheck || kind === 'check' ? { RUN_CHECK: 'true' } : {};
      return `To see it on your machine, with azl's checkout beside yours: ${command('build-packages', more)}, then ${code(makeCommand('shell', { PACKAGE: name }))}.`;
    }
  }
}
