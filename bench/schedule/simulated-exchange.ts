import type { ArtifactInfo } from '../../src/shared/shards/protocol/listing.ts';
import type { Clock } from './clock.ts';

/** The content of a heartbeat: which artifact holds a package's result, and how long builds ran that were ended. */
export interface HeartbeatContent {
  own: [string, string][];
  ran: ReadonlyMap<string, number>;
}

/** The artifacts of a simulated run. */
export class SimulatedExchange {
  readonly artifacts = new Map<string, ArtifactInfo>();
  /** Bytes of results, by name. */
  readonly sizes = new Map<string, number>();
  readonly heartbeats = new Map<string, HeartbeatContent>();
  /** The shard that created a claim, by its name. */
  readonly owners = new Map<string, number>();
  /** Most artifacts that existed at any moment. */
  most = 0;
  private readonly reserved = new Set<string>();
  private lastId = 0;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Creates an artifact within `seconds`. Returns undefined if the name was taken when that began. */
  *create(name: string, seconds: number): Generator<number, ArtifactInfo | undefined> {
    const isFree = !this.reserved.has(name);
    this.reserved.add(name);
    yield seconds;
    if (!isFree) return undefined;
    const artifact = { id: ++this.lastId, name, createdAt: this.clock.now, size: 0 };
    this.artifacts.set(name, artifact);
    this.most = Math.max(this.most, this.artifacts.size);
    return artifact;
  }

  remove(name: string): void {
    this.artifacts.delete(name);
    this.reserved.delete(name);
  }
}
