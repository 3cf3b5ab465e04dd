/** What a job may do with the cache entries of one ref. */
export interface CacheScope {
  ref: string;
  read: boolean;
  write: boolean;
}

/** What the token of a job says. */
export interface JobToken {
  run: string;
  job: string;
  /** Where the job looks for cache entries, in this order. */
  scopes: readonly CacheScope[];
}

/** What a job's run was started for, and what its token lets it do with the cache. */
export interface JobOptions {
  /** Default: `refs/heads/main`; a pull request's is `refs/pull/<number>/merge`. */
  ref?: string;
  /** The branch that a pull request is to go into. Without one the run is a push. */
  base?: string;
  /** Default: `main`. */
  defaultBranch?: string;
  /** May it read entries? Default: true. */
  read?: boolean;
  /** May it save entries? Default: true. */
  write?: boolean;
  /** What the runner lets it do, whatever its token may. Default: it says nothing. */
  mode?: 'none' | 'read' | 'write' | 'write-only';
}

/** The environment in which a job of a run finds the services at `address`. */
export function jobEnvironment(
  address: string,
  run: string,
  job: string,
  { ref = 'refs/heads/main', base, defaultBranch = 'main', read = true, write = true, mode }: JobOptions = {},
): Record<string, string> {
  const others = [base ?? defaultBranch, defaultBranch].map((branch) => `refs/heads/${branch}`);
  const scopes = [...new Set([ref, ...others])].map((one) => ({
    ref: one,
    read,
    write: write && one === ref,
  }));
  return {
    ACTIONS_RESULTS_URL: `${address}/`,
    ACTIONS_RUNTIME_URL: `${address}/`,
    ACTIONS_RUNTIME_TOKEN: signToken({ run, job, scopes }),
    ACTIONS_CACHE_SERVICE_V2: 'true',
    ...(mode === undefined ? {} : { ACTIONS_CACHE_MODE: mode }),
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: address,
    GITHUB_REPOSITORY: 'me/distro',
    GITHUB_REF: ref,
    GITHUB_EVENT_NAME: base === undefined ? 'push' : 'pull_request',
    ...(base === undefined ? {} : { GITHUB_BASE_REF: base }),
  };
}

/** Permissions of a scope, as GitHub counts them. */
const mayRead = 1;
const mayWrite = 2;

/** A JWT as GitHub's, whose signature nobody looks at. */
function signToken({ run, job, scopes }: JobToken): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const ac = scopes.map(({ ref, read, write }) => ({
    Scope: ref,
    Permission: (read ? mayRead : 0) + (write ? mayWrite : 0),
  }));
  const claims = { scp: `Actions.Results:${run}:${job}`, ac: JSON.stringify(ac) };
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.signature`;
}

/** What the token of an `Authorization` header says; undefined when it is no job's. */
export function readToken(header: string | undefined): JobToken | undefined {
  const [, payload] = /^Bearer [^.]+\.([^.]+)\./.exec(header ?? '') ?? [];
  if (payload === undefined) return undefined;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { scp?: string; ac?: string };
  const [, run, job] = /^Actions\.Results:([^:]+):([^:]+)$/.exec(claims.scp ?? '') ?? [];
  if (run === undefined || job === undefined) return undefined;
  const ac = JSON.parse(claims.ac ?? '[]') as { Scope: string; Permission: number }[];
  const scopes = ac.map(({ Scope: ref, Permission: may }) => ({
    ref,
    read: (may & mayRead) !== 0,
    write: (may & mayWrite) !== 0,
  }));
  return { run, job, scopes };
}
