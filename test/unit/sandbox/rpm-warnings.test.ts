import { expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { showRpmWarnings } from '../../../src/shared/sandbox/rpm-warnings.ts';

it("rpm's warnings are shown with package and root, each once in a job", () => {
  const log = recordingLog();
  const warnings = [
    { package: 'app', message: 'user x does not exist - using root' },
    { package: '', message: 'no package' },
  ];
  showRpmWarnings(log, 'the build root of one', warnings);
  showRpmWarnings(log, 'the build root of two', [...warnings, { package: 'lib', message: 'other' }]);
  expect(log.lines).toEqual([
    'warning: app: user x does not exist - using root (rpm, in the build root of one)',
    'warning: no package (rpm, in the build root of one)',
    'warning: lib: other (rpm, in the build root of two)',
  ]);
  const another = recordingLog();
  showRpmWarnings(another, 'the image', warnings);
  expect(another.lines).toHaveLength(2);
});
