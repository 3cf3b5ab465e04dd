import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builder } from '../../../src/shared/sandbox/arguments.ts';
import { parserUid, userIdProblems, userIds } from '../../../src/shared/sandbox/user-ids.ts';

const plain = {
  passwd:
    'root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000::/home/user:/bin/sh\nlast:x:70210:100::/:/bin/sh\n',
  group: 'root:x:0:\nnogroup:x:65534:\nlarge:x:100000:\n',
  subuid: 'user:100000:65536\nother:65536:4675\n',
  subgid: '# nobody\nuser:100000:65536\nempty:80000:0\n',
};
const messages = (lists: Partial<typeof plain>) =>
  userIdProblems({ ...plain, ...lists }).map(({ message }) => message);

describe('the numbers of users in sandboxes', () => {
  it('are those that Debian, systemd and shadow leave alone, and fit an archive in ustar format', () => {
    expect(builder).toMatchObject({ uid: userIds.first, gid: userIds.first });
    expect(userIds.first).toBeGreaterThanOrEqual(65_536);
    expect(userIds.last).toBeLessThan(100_000);
    expect(userIds.last).toBeLessThan(0o7777777);
  });

  it('of specs that are read at the same time differ, and stay in the range', () => {
    fc.assert(
      fc.property(fc.nat(200_000), fc.integer({ min: 1, max: 1000 }), (index, distance) => {
        const uid = parserUid(index);
        expect(uid).toBeGreaterThan(builder.uid);
        expect(uid).toBeLessThanOrEqual(userIds.last);
        expect(parserUid(index + distance)).not.toBe(uid);
      }),
    );
  });

  it('belong to nobody on a plain host', () => {
    expect(messages({})).toEqual([]);
  });

  it.each([
    [
      { passwd: 'DOM\\jo doe:*:70211:513::/home/jo:/bin/sh' },
      "The user 'DOM\\jo doe' of this host has the uid 70211",
    ],
    [
      { passwd: 'jo:*:99999:513::/:/bin/sh\njo:*:99999:513::/:/bin/sh' },
      "The user 'jo' of this host has the uid 99999",
    ],
    [{ group: 'staff@dom:*:71000:jo' }, "The group 'staff@dom' of this host has the gid 71000"],
    [{ subuid: 'jo:65536:4676' }, "The user 'jo' of this host has the subordinate uids 65536 to 70211"],
    [{ subuid: 'jo:1:4294967295' }, "The user 'jo' of this host has the subordinate uids 1 to 4294967295"],
    [{ subgid: 'jo:99999:1' }, "The user 'jo' of this host has the subordinate gids 99999 to 99999"],
  ])('are refused where the host uses them: %j', (lists, message) => {
    expect(messages(lists)).toEqual([message]);
    expect(userIdProblems({ ...plain, ...lists })[0]?.hint).toMatch(/70211 to 99999.*a virtual machine/);
  });

  it('are named ten at a time', () => {
    const passwd = Array.from({ length: 500 }, (_, index) => `u${index}:x:${80_000 + index}:1::/:/bin/sh`);
    expect(messages({ passwd: passwd.join('\n') })).toHaveLength(10);
  });
});
