import { restoreCache, saveCache } from '@actions/cache';

/**
 * A job's step that does one thing with the cache, by GitHub's own library, which takes all it needs from the
 * environment and the current directory: `save|restore|look-up <path> <key> [<restore key> …]`. Its last line is what the
 * library answered, as JSON.
 */
const [verb, path, key, ...others] = process.argv.slice(2) as [string, string, string, ...string[]];
const answer =
  verb === 'save'
    ? await saveCache([path], key)
    : await restoreCache([path], key, others, { lookupOnly: verb === 'look-up' });
console.log(JSON.stringify({ answer }));
