import type { ArtifactInfo } from '../protocol/listing.ts';
import type { Exchange } from './exchange.ts';

/**
 * Returns the exchange of a job that builds alone. It holds the names of artifacts and no files: results lie in the store
 * of the same job, and no other job reads anything.
 */
export function inProcessExchange(): Exchange {
  const artifacts = new Map<string, ArtifactInfo>();
  let id = 0;
  return {
    list: async () => [...artifacts.values()],
    find: async (name) => artifacts.get(name),
    create: async (name) => {
      if (artifacts.has(name)) return undefined;
      const artifact = { id: ++id, name, createdAt: 0, size: 0 };
      artifacts.set(name, artifact);
      return artifact;
    },
    fetch: async () => false,
    remove: async (name) => void artifacts.delete(name),
  };
}
