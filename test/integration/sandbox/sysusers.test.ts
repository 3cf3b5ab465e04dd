import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runShortTool } from '../../../src/shared/host/short-tool.ts';
import { transactionHelpers } from '../../../src/shared/sandbox/transaction.ts';
import { writeTree } from '../../support/trees.ts';
import { newWorkspace } from '../../support/workspace.ts';

const base = {
  passwd: 'root:x:0:0:root:/root:/bin/bash\ntaken:x:42:42::/:/bin/sh\n',
  group: 'root:x:0:\ntaken:x:42:\nready:x:77:\n',
  shadow: 'root:*:19000:0:99999:7:::\n',
};

/** Makes the users of `text` in a made-up root. Returns the lines that were added to passwd, group and shadow. */
async function added(text: string) {
  const dir = newWorkspace();
  await writeTree(join(dir, 'run'), transactionHelpers);
  await writeTree(join(dir, 'root/etc'), base);
  await mkdir(join(dir, 'root/var/lib/owned'), { recursive: true });
  await writeFile(join(dir, 'conf'), text);
  const code = `import sys; sys.path.insert(0, sys.argv[1] + '/run')
from sysusers import Sysusers
users = Sysusers(sys.argv[1] + '/root', {'a.conf': open(sys.argv[1] + '/conf').read()}, 20000)
users.make()
users.make()`;
  await runShortTool(['/usr/bin/python3', '-c', code, dir]);
  const added = async (name: 'passwd' | 'group' | 'shadow') => {
    const now = await readFile(join(dir, 'root/etc', name), 'utf8');
    return now
      .split('\n')
      .filter((line) => line !== '' && !base[name].split('\n').includes(line))
      .join(' ');
  };
  return [await added('passwd'), await added('group'), await added('shadow')];
}

const locked = (name: string) => `${name}:!*:20000::::::`;

it.each<[string, string, string, string, string]>([
  ['a user without a number', 'u one', 'one:x:999:999::/:/usr/sbin/nologin', 'one:x:999:', locked('one')],
  [
    'the fields of a user, quoted',
    'u one 30 "A \'B\'" /srv /bin/sh',
    "one:x:30:30:A 'B':/srv:/bin/sh",
    'one:x:30:',
    locked('one'),
  ],
  ['a locked user', 'u! one 30', 'one:x:30:30::/:/usr/sbin/nologin', 'one:x:30:', locked('one')],
  ['a group alone', 'g one 30', '', 'one:x:30:', ''],
  ['a number that is taken', 'u one 42', 'one:x:999:999::/:/usr/sbin/nologin', 'one:x:999:', locked('one')],
  ['a user of a group that is there', 'u ready', 'ready:x:77:77::/:/usr/sbin/nologin', '', locked('ready')],
  ['a user in a named group', 'u one 30:ready', 'one:x:30:77::/:/usr/sbin/nologin', '', locked('one')],
  ['a user in a numbered group', 'u one 30:42', 'one:x:30:42::/:/usr/sbin/nologin', '', locked('one')],
  ['a user that is there', 'u root 0', '', '', ''],
  [
    'a member, of both that are not there',
    'm one two',
    'one:x:998:998::/:/usr/sbin/nologin',
    'two:x:999:one one:x:998:',
    locked('one'),
  ],
  ['a member of a group that is there', 'm root ready', '', 'ready:x:77:root', ''],
  ['a range', 'r - 500-501\ng one\ng two', '', 'one:x:501: two:x:500:', ''],
  ['a number of its own before others', 'g one\ng two 999', '', 'two:x:999: one:x:998:', ''],
  [
    'the owner of a path',
    'u one /var/lib/owned',
    'one:x:999:999::/:/usr/sbin/nologin',
    'one:x:999:',
    locked('one'),
  ],
  [
    'a comment, a blank line and lines that are not sound',
    '# u one\n\n; x\nu "one\nu a:b\nu one - %b\nx one',
    '',
    '',
    '',
  ],
])('of sysusers.d makes %s', async (_, text, passwd, group, shadow) => {
  expect(await added(text)).toEqual([passwd, group, shadow]);
});
