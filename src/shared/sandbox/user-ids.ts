import { readFile } from 'node:fs/promises';
import { failOnProblems, type Problem } from '../base/problems.ts';
import { runShortTool } from '../host/short-tool.ts';
import { builder } from './arguments.ts';

/**
 * The numbers of the users and groups in sandboxes: the one that builds, then those that parse. Debian, systemd and
 * shadow give 65,536 to 99,999 to nobody, and archives in ustar's format hold numbers below 2,097,152.
 */
export const userIds = { first: builder.uid, last: 99_999 } as const;

/** Returns the number of the user that reads the spec with this index. Specs that are read at the same time differ. Pure. */
export function parserUid(index: number): number {
  return builder.uid + 1 + (index % (userIds.last - builder.uid));
}

/** The lists of a host's users and groups, as texts: of `getent`, and of the files of subordinate numbers. */
export interface UserLists {
  passwd: string;
  group: string;
  subuid: string;
  subgid: string;
}

const hint = `The sandboxes of azl use the numbers ${userIds.first} to ${userIds.last}, so that strangers' code is no user of the host. Give that user or group other numbers, or run azl in a virtual machine or container.`;

/** Returns a problem for each user or group of the host that has a number of the sandboxes. Pure. */
export function userIdProblems({ passwd, group, subuid, subgid }: UserLists): Problem[] {
  const own = (kind: string, name: string, text: string) =>
    rows(text).flatMap(([owner, , number]) =>
      overlaps(Number(number), 1) ? [`The ${kind} '${owner}' of this host has the ${name} ${number}`] : [],
    );
  const subordinate = (name: string, text: string) =>
    rows(text).flatMap(([owner, first, count]) => {
      const last = Number(first) + Number(count) - 1;
      if (!overlaps(Number(first), Number(count))) return [];
      return [`The user '${owner}' of this host has the subordinate ${name}s ${first} to ${last}`];
    });
  const messages = [
    ...own('user', 'uid', passwd),
    ...own('group', 'gid', group),
    ...subordinate('uid', subuid),
    ...subordinate('gid', subgid),
  ];
  return [...new Set(messages)].slice(0, 10).map((message) => ({ message, hint }));
}

function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function overlaps(first: number, count: number): boolean {
  return count > 0 && first <= userIds.last && first + count > userIds.first;
}

/**
 * Returns the user lists of this host. A directory service may not list its users: it is asked for the first
 * numbers one by one.
 */
export async function readUserLists(): Promise<UserLists> {
  const asked = Array.from({ length: 32 }, (_, index) => String(userIds.first + index));
  const getent = async (...argv: string[]) => {
    const { stdout } = await runShortTool(['getent', ...argv], { ok: 'any' });
    return stdout;
  };
  const all = async (database: string) => `${await getent(database)}\n${await getent(database, ...asked)}`;
  const file = async (path: string) => await readFile(path, 'utf8').catch(() => '');
  const [passwd, group, subuid, subgid] = await Promise.all([
    all('passwd'),
    all('group'),
    file('/etc/subuid'),
    file('/etc/subgid'),
  ]);
  return { passwd, group, subuid, subgid };
}

let checked: Promise<void> | undefined;

/** Checks, once in a process, that no user or group of the host has a number of the sandboxes. @throws ProblemsError */
export async function checkUserIds(): Promise<void> {
  checked ??= readUserLists().then((lists) => failOnProblems(userIdProblems(lists)));
  await checked;
}
