import type { IncomingMessage } from 'node:http';
import { type Answer, restError } from './answer.ts';
import { cacheList } from './cache-list.ts';
import type { Caches } from './caches.ts';
import { checkAnswer, describedCall, Violation } from './openapi.ts';
import type { Releases } from './releases.ts';

/** Tokens by what they may do. */
export const tokens = {
  write: 'a-token-that-may-write',
  read: 'a-token-that-may-read',
  actions: 'a-token-that-may-read-actions',
};

const permissions: Readonly<Record<string, readonly string[]>> = {
  [tokens.write]: ['contents: read', 'contents: write'],
  [tokens.read]: ['contents: read'],
  [tokens.actions]: ['actions: read'],
};

/**
 * Answers a call of GitHub's REST service: of the API's host, or of the host for uploads (below `/uploads`). A request
 * or an answer that is not as GitHub describes it becomes status 500, and is noted among the violations.
 */
export function restAnswer(
  { releases, caches, violations }: { releases: Releases; caches: Caches; violations: string[] },
  request: IncomingMessage,
  url: URL,
  bytes: Buffer,
): Answer {
  try {
    const { method = 'GET', headers } = request;
    const call = describedCall(method, url, bytes);
    const [, token = ''] = /^(?:token|Bearer) (.+)$/i.exec(headers.authorization ?? '') ?? [];
    const may = permissions[token];
    const area = call.operation.startsWith('actions/') ? 'actions' : 'contents';
    let answer: Answer;
    if (may === undefined) answer = restError(401, 'Bad credentials');
    else if (!may.includes(`${area}: ${method === 'GET' ? 'read' : 'write'}`))
      answer = restError(403, 'Resource not accessible by integration');
    else if (area === 'actions') answer = cacheList(caches, call);
    else answer = releases.call(call, may.includes('contents: write'), headers);
    checkAnswer(call.operation, answer);
    return answer;
  } catch (error) {
    if (error instanceof SyntaxError) return restError(400, 'Problems parsing JSON');
    if (!(error instanceof Violation)) throw error;
    violations.push(error.message);
    return restError(500, `not as GitHub describes it: ${error.message}`);
  }
}
