import { describe, expect, it } from 'vitest';
import {
  differingRpms,
  packagesOfToolchain,
  rebuiltToolchain,
} from '../../../src/shared/toolchain/rebuilt.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';

const bash = madeUpRpm('bash', { version: '4.0', requires: ['libc'] });
const libc = madeUpRpm('libc');
const given = { ...madeUpToolchain([bash, libc, madeUpRpm('extra')]), worker: [bash.file, libc.file] };

describe('a toolchain that is rebuilt', () => {
  it('is made of the specs that make an RPM of one of its names', () => {
    const specs = [
      madeUpSpec('shells', [], { sh: {}, bash: {} }),
      madeUpSpec('other'),
      { ...madeUpSpec('libc'), excluded: 'ExclusiveArch: s390x' },
      madeUpSpec('extra'),
    ];
    expect(packagesOfToolchain(specs, given)).toEqual(['extra', 'shells']);
  });

  it('has the new RPMs in place of those of the same names, and what their worker requires', () => {
    const built = [
      madeUpRpm('bash', { version: '5.0', requires: ['libc', 'bash-common'] }),
      madeUpRpm('bash-common'),
      madeUpRpm('bash-debuginfo'),
    ];
    const rebuilt = rebuiltToolchain(given, [madeUpResult('bash', built)]);
    expect(rebuilt.rpms.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'bash 5.0',
      'bash-common 1.0',
      'extra 1.0',
      'libc 1.0',
    ]);
    expect(rebuilt.worker).toEqual([
      'bash-5.0-1.x86_64.rpm',
      'bash-common-1.0-1.x86_64.rpm',
      'libc-1.0-1.x86_64.rpm',
    ]);
    expect(rebuilt.mode).toBe('archive');
    expect(rebuilt.workerDigest).not.toBe(rebuiltToolchain(given, []).workerDigest);
  });

  it('differs where the output digests of one RPM do', () => {
    const pass = (digest: string) => [
      madeUpResult('a', [madeUpRpm('a', { outputDigest: digest }), madeUpRpm('a-devel')]),
      madeUpResult('b', [madeUpRpm('b')]),
    ];
    expect(differingRpms(pass('x'), pass('x'))).toEqual([]);
    const [one, ...more] = differingRpms(pass('x'), pass('y'));
    expect(one).toMatchObject({
      package: 'a',
      one: { rpm: { outputDigest: 'x' } },
      other: { rpm: { name: 'a' } },
    });
    expect(more).toEqual([]);
  });
});
