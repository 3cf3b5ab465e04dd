import { describe, expect, it } from 'vitest';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import { listDifference } from '../../../src/shared/repositories/list-difference.ts';
import { madeUpRpm } from '../../support/made-up.ts';

const found = madeUpRpm('app', {
  provides: ['app = 1.0-1', 'old = 0:2', 'lib(x)'],
  requires: ['bash', '/usr/bin/app', 'c >= 0:3'],
  conflicts: ['d < 1'],
  obsoletes: ['e'],
  files: ['/usr/bin/app', '/usr/share/0: x'],
  folders: ['/etc/app'],
});
/** As createrepo_c writes it: no epoch of 0, only often required paths, no requirement of an own file. */
const listed = {
  ...found,
  ...{ provides: ['lib(x)', 'app = 1.0-1', 'old = 2'], requires: ['bash', 'c >= 3'] },
  ...{ files: ['/usr/bin/app'], folders: ['/etc/app'] },
};

describe('an RPM of a repository', () => {
  it('is the one of its list, in whatever order and with what a list leaves out', () => {
    expect(listDifference(listed, found)).toBeUndefined();
  });

  it.each<[string, Partial<Rpm>, string]>([
    ['another name', { name: 'bash' }, 'the name app, not bash as its list says'],
    ['another epoch', { epoch: 1 }, 'the epoch 0, not 1 as its list says'],
    ['another release', { release: '2' }, 'the release 1, not 2 as its list says'],
    [
      'a provide that it has not',
      { provides: [...listed.provides, 'bash = 9'] },
      "no provide 'bash = 9', as its list says",
    ],
    [
      'a provide less',
      { provides: ['app = 1.0-1', 'lib(x)'] },
      "the provide 'old = 0:2', which its list does not say",
    ],
    ['a requirement that it has not', { requires: ['evil'] }, "no requirement 'evil', as its list says"],
    ['a conflict less', { conflicts: [] }, "the conflict 'd < 1', which its list does not say"],
    ['an obsolete that it has not', { obsoletes: ['e', 'bash'] }, "no obsolete 'bash', as its list says"],
    ['an obsolete less', { obsoletes: [] }, "the obsolete 'e', which its list does not say"],
    ['a path that it has not', { files: ['/usr/bin/sh'] }, "no path '/usr/bin/sh', as its list says"],
  ])('is refused when its list has %s', (_, change, message) => {
    expect(listDifference({ ...listed, ...change }, found)).toBe(message);
  });
});
