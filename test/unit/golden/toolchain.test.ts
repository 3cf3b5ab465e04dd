import { textDigest } from '../../../src/shared/host/digests.ts';
import { solverQuestion } from '../../../src/shared/solver/remembering-solver.ts';
import { solverRecipe } from '../../../src/shared/solver/solver.ts';
import { archiveFile } from '../../../src/shared/toolchain/archive.ts';
import { builtinPackages, extraEntries } from '../../../src/shared/toolchain/convert/builtin-packages.ts';
import { conversionRecipe, standInKey } from '../../../src/shared/toolchain/convert/convert.ts';
import { aliases, primaryFirst, rpmName } from '../../../src/shared/toolchain/convert/rpm-names.ts';
import { standIns } from '../../../src/shared/toolchain/convert/stand-ins.ts';
import type { Deb } from '../../../src/shared/toolchain/debian/deb.ts';
import {
  buildPackages,
  excludedPackages,
  imagePackages,
  workerPackages,
} from '../../../src/shared/toolchain/debian/requested-packages.ts';
import { stampFile } from '../../../src/shared/toolchain/folder.ts';
import { lockFile, lockText } from '../../../src/shared/toolchain/lock.ts';
import { kindOf, stamp } from '../../../src/shared/toolchain/recipe.ts';
import { lockInKey } from '../../../src/shared/toolchain/toolchain-cache.ts';
import { workerDigest } from '../../../src/shared/toolchain/worker.ts';
import { byField, fixedValues, text } from './golden.ts';
import * as made from './made-up.ts';
import * as madeToolchain from './made-up-toolchain.ts';

const { gcc, lib, systemd } = made.rpms;

function digests(): Record<string, unknown> {
  const request = {
    ...{ install: ['lib', '/usr/bin/gcc'], conflicts: ['gcc < 1'] },
    ...{ base: [gcc.file], local: [[lib], [systemd]] },
  };
  const rpmNames = [...new Set(madeToolchain.debianNames.map(rpmName))];
  const [plain] = madeToolchain.lock.packages;
  const plainDebs = madeToolchain.debianNames.map((name) => ({
    ...(plain as Deb),
    name,
    depends: [],
    provides: [],
  }));
  const lockBytes = Buffer.from(lockText(madeToolchain.lock));
  return {
    'worker: digest': workerDigest([gcc, systemd]),
    'worker: digest of nothing': workerDigest([]),
    'conversion: recipe': conversionRecipe,
    'conversion: key': standInKey(madeToolchain.standIn, 'x86_64'),
    'conversion: keys of our own': Object.fromEntries(
      builtinPackages.map((one) => [one.name, standInKey(one, 'x86_64')]),
    ),
    'conversion: keys of a lock': Object.fromEntries(
      standIns(new Map(madeToolchain.lock.packages.map((deb) => [deb.name, deb]))).map((one) => [
        one.name,
        standInKey(one, 'x86_64'),
      ]),
    ),
    'conversion: names': Object.fromEntries(madeToolchain.debianNames.map((name) => [name, rpmName(name)])),
    'conversion: aliases': rpmNames.map((name) => [name, ...aliases(name)].join(' ')),
    'conversion: parts, the first first': primaryFirst(madeToolchain.debianNames),
    'conversion: entries': byField(Object.fromEntries(rpmNames.map((name) => [name, extraEntries(name)]))),
    'conversion: of all names': textDigest(text(standIns(new Map(plainDebs.map((deb) => [deb.name, deb]))))),
    'toolchain: wishes': textDigest(
      text([workerPackages, buildPackages, imagePackages, excludedPackages.source]),
    ),
    'toolchain: text of a lock': lockBytes.toString(),
    'toolchain: lock in a key': lockInKey(lockBytes),
    'toolchain: stamp': stamp(madeToolchain.lock),
    'toolchain: kind': kindOf('debian 12', 'x64'),
    'toolchain: files': { archiveFile, lockFile, stampFile },
    'toolchain: text': text(madeToolchain.toolchain),
    'solver: recipe': textDigest(solverRecipe),
    'solver: question': solverQuestion(request, madeToolchain.toolchain),
    'solver: question to a toolchain that was downloaded': solverQuestion(request, {
      ...madeToolchain.toolchain,
      mode: 'download',
    }),
  };
}

fixedValues('toolchain', digests);
