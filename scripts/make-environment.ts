import { dirname } from 'node:path';

/** Returns the environment for make in another folder: this one without what would tell it how to work. */
export function makeEnvironment(): Record<string, string> {
  const strange = /^(AZL|GITHUB|ACTIONS|RUNNER|INPUT|MAKE)|^(?!SSL).*_(DIR|FILE|LIST)$/;
  const kept = Object.entries(process.env).filter(([name]) => !strange.test(name));
  const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  return { ...Object.fromEntries(kept as [string, string][]), PATH: path };
}
