import { type Answer, BadRequest, field, known, moment, twirpError } from './answer.ts';
import type { Blobs } from './blobs.ts';

interface Stored {
  /** The attempt that it was made in, by its id. */
  run: string;
  job: string;
  id: number;
  name: string;
  createdAt: Date;
  size: number;
  digest: string;
}

/** Artifacts that a job may make. */
const mostByJob = 500;
/** What a listing within a run shows at most. */
const mostListed = 1000;

/** One attempt of a workflow run. Each has an id of its own, which the tokens of its jobs and its artifacts bear. */
interface Attempt {
  /** The id of the first. */
  first: string;
  /** Ids of the attempts whose artifacts its jobs see: its own, and where only what failed runs again the earlier ones. */
  sees: readonly string[];
}

/**
 * GitHub's artifact service, version 4: what a job can do with its own token. The names of unfinished uploads are taken
 * and hidden, as GitHub has them.
 */
export class Artifacts {
  private readonly stored: Stored[] = [];
  private readonly attempts = new Map<string, Attempt>();
  /** Names taken in a run or an attempt of it, finished or not. */
  private readonly taken = new Set<string>();
  private readonly madeBy = new Map<string, number>();
  private readonly days = new Map<string, number>();
  private lastId = 1000;
  private readonly blobs: Blobs;
  /** The service's clock. */
  now: () => Date = () => new Date();
  /**
   * Where a name can be taken but once. Both were seen of GitHub: then a new attempt finds names taken that it may not see,
   * or may have a second artifact of a name beside an earlier one.
   */
  namesAreOf: 'run' | 'attempt' = 'run';

  constructor(blobs: Blobs) {
    this.blobs = blobs;
  }

  /**
   * Runs again what failed in the attempt `run`, or all. Then what earlier attempts left is listed, or nothing of it.
   * @returns the id of the new attempt
   */
  runAgain(run: string, which: 'failed' | 'all'): string {
    const { first, sees } = this.attempt(run);
    const id = `${first}.${[...this.attempts.values()].filter((one) => one.first === first).length + 1}`;
    this.attempts.set(id, { first, sees: which === 'failed' ? [...sees, id] : [id] });
    return id;
  }

  private attempt(run: string): Attempt {
    const known = this.attempts.get(run) ?? { first: run, sees: [run] };
    this.attempts.set(run, known);
    return known;
  }

  /** Names of the finished artifacts of a run, of all its attempts. */
  names(run: string): string[] {
    const { first } = this.attempt(run);
    return this.stored.filter((one) => this.attempt(one.run).first === first).map(({ name }) => name);
  }

  /** Days that an artifact of a run is kept; undefined: as the repository says. */
  daysKept(run: string, name: string): number | undefined {
    return this.days.get(`${run} ${name}`);
  }

  /** Artifacts that all jobs made together. */
  made(): number {
    return [...this.madeBy.values()].reduce((sum, one) => sum + one, 0);
  }

  /** Puts an artifact there that no job uploaded. */
  store(run: string, name: string, bytes: Buffer, type: string): void {
    this.blobs.put(`${run}/${name}`, bytes, type);
    this.add(run, 'nobody', name);
  }

  /** Has from now on what another service has, of all its runs. */
  copyFrom(other: Artifacts): void {
    this.lastId = other.lastId;
    this.stored.splice(0, this.stored.length, ...other.stored.map((one) => ({ ...one })));
    for (const [id, attempt] of other.attempts) this.attempts.set(id, attempt);
    for (const name of other.taken) this.taken.add(name);
    for (const [maker, count] of other.madeBy) this.madeBy.set(maker, count);
    for (const [name, days] of other.days) this.days.set(name, days);
    for (const { run, name } of this.stored) {
      const blob = `${run}/${name}`;
      this.blobs.put(blob, other.blobs.get(blob) as Buffer, other.blobs.type(blob));
    }
  }

  call(method: string, body: Record<string, unknown>, token: { run: string; job: string }): Answer {
    const ids = ['workflow_run_backend_id', 'workflow_job_run_backend_id'];
    const run = field(body, 'workflow_run_backend_id', 'string');
    const job = field(body, 'workflow_job_run_backend_id', 'string');
    // What is asked of an artifact names the attempt that made it; all else the job's own.
    const ofOne = method === 'GetSignedArtifactURL' || method === 'DeleteArtifact';
    const may = ofOne ? this.attempt(token.run).sees : [token.run];
    if (!may.includes(run)) return twirpError(403, 'permission_denied', 'the token is of another run');
    switch (method) {
      case 'CreateArtifact':
        known(body, [...ids, 'name', 'version', 'mime_type', 'expires_at']);
        return this.create(run, job, body);
      case 'FinalizeArtifact':
        known(body, [...ids, 'name', 'size', 'hash']);
        return this.finalize(run, job, body);
      case 'ListArtifacts':
        known(body, [...ids, 'name_filter', 'id_filter']);
        return this.list(run, body);
      case 'GetSignedArtifactURL': {
        known(body, [...ids, 'name']);
        const found = this.newest(run, field(body, 'name', 'string'));
        if (found === undefined) return twirpError(404, 'not_found', 'artifact not found');
        return {
          status: 200,
          body: { name: found.name, signed_url: this.blobs.signed(`${found.run}/${found.name}`) },
        };
      }
      case 'DeleteArtifact': {
        known(body, [...ids, 'name']);
        const found = this.newest(run, field(body, 'name', 'string'));
        if (found === undefined) return twirpError(404, 'not_found', 'artifact not found');
        this.stored.splice(this.stored.indexOf(found), 1);
        this.taken.delete(this.nameIn(run, found.name));
        return { status: 200, body: { ok: true, artifact_id: String(found.id) } };
      }
      default:
        return twirpError(404, 'bad_route', `no method ${method}`);
    }
  }

  private create(run: string, job: string, body: Record<string, unknown>): Answer {
    const name = field(body, 'name', 'string');
    if (/["':<>|*?\r\n\\/]/.test(name))
      throw new BadRequest('the name has characters that no artifact may have');
    if (field(body, 'version', 'number') < 4) throw new BadRequest('version');
    const named = this.nameIn(run, name);
    if (this.taken.has(named))
      return twirpError(
        409,
        'already_exists',
        'an artifact with this name already exists on the workflow run',
      );
    const maker = `${run} ${job}`;
    const made = (this.madeBy.get(maker) ?? 0) + 1;
    if (made > mostByJob) return twirpError(403, 'resource_exhausted', 'the job has made 500 artifacts');
    this.madeBy.set(maker, made);
    this.taken.add(named);
    if (body['expires_at'] !== undefined) {
      const expires = Date.parse(field(body, 'expires_at', 'string'));
      this.days.set(`${run} ${name}`, Math.round((expires - Date.now()) / 86_400_000));
    }
    return { status: 200, body: { ok: true, signed_upload_url: this.blobs.signed(`${run}/${name}`) } };
  }

  private finalize(run: string, job: string, body: Record<string, unknown>): Answer {
    const name = field(body, 'name', 'string');
    const bytes = this.blobs.get(`${run}/${name}`);
    if (bytes === undefined) return twirpError(404, 'not_found', 'nothing was uploaded');
    const size = Number(field(body, 'size', 'string'));
    const digest = this.blobs.digest(`${run}/${name}`);
    if (size !== bytes.length) throw new BadRequest(`size ${size}, uploaded ${bytes.length}`);
    if (body['hash'] !== undefined && body['hash'] !== digest) throw new BadRequest('hash');
    const stored = this.add(run, job, name);
    return { status: 200, body: { ok: true, artifact_id: String(stored.id) } };
  }

  private add(run: string, job: string, name: string): Stored {
    const size = this.blobs.get(`${run}/${name}`)?.length ?? 0;
    const digest = this.blobs.digest(`${run}/${name}`) as string;
    const stored = { run, job, id: ++this.lastId, name, createdAt: this.now(), size, digest };
    this.stored.push(stored);
    return stored;
  }

  private nameIn(run: string, name: string): string {
    return `${this.namesAreOf === 'run' ? this.attempt(run).first : run} ${name}`;
  }

  private list(run: string, body: Record<string, unknown>): Answer {
    const { sees } = this.attempt(run);
    const { name_filter: name, id_filter: id } = body;
    const found = this.stored.filter(
      (one) =>
        sees.includes(one.run) &&
        (name === undefined || one.name === name) &&
        (id === undefined || String(one.id) === id),
    );
    const artifacts = found.slice(0, mostListed).map((one) => ({
      workflow_run_backend_id: one.run,
      workflow_job_run_backend_id: one.job,
      database_id: String(one.id),
      name: one.name,
      size: String(one.size),
      created_at: moment(one.createdAt),
      digest: one.digest,
    }));
    return { status: 200, body: { artifacts } };
  }

  private newest(run: string, name: string): Stored | undefined {
    return this.stored.findLast((one) => one.run === run && one.name === name);
  }
}
