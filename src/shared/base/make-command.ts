import { map, object, type Schema, text } from './schema.ts';
import { shellWord } from './shell-word.ts';
import { parseDocument } from './validate.ts';

/** How make was called: a command that a message prints is called in the same way. */
export interface MakeCall {
  /** The words before the target, quoted for a shell: `make`, `make -f ../azl/Makefile`, `make -C ../azl`. */
  make: string;
  /** The variables that the user gave, by each target that takes them. */
  given: Record<string, Record<string, string>>;
}

const callSchema: Schema<MakeCall> = object({ make: text(), given: map(map(text(2 ** 20))) });

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variable with the {@link MakeCall}, as JSON, which the CLI gives to the bundles that it starts. */
export const callVariable = 'AZL_CALL';

/**
 * Returns a command that works when pasted where the user stands: the target with `variables`, and with those that the
 * user gave to this run and that the target takes. On GitHub nobody called make: there it is the command for a checkout
 * of the repository with azl's beside it. Pure but for `environment`.
 */
export function makeCommand(
  target: string,
  variables: Readonly<Record<string, string>> = {},
  environment: Environment = process.env,
): string {
  const { make, given } = callIn(environment);
  const all = { ...variables, ...given[target], ...variables };
  return [make, target, ...Object.entries(all).map(([name, value]) => `${name}=${makeWord(value)}`)].join(
    ' ',
  );
}

/** The targets that read specs. */
const specTargets = ['plan', 'input-srpms', 'build-packages', 'image', 'shell', 'signatures'];

function callIn(environment: Environment): MakeCall {
  const call = environment[callVariable];
  if (call !== undefined) return parseDocument(callSchema, call, callVariable);
  const specs = environment['INPUT_SPECS-DIR'] ?? '';
  const given: Record<string, string> = specs === '' || specs === 'SPECS' ? {} : { SPECS_DIR: specs };
  return { make: 'make -C ../azl', given: Object.fromEntries(specTargets.map((target) => [target, given])) };
}

/** Returns a value for make's command line: make itself expands `$`. */
function makeWord(value: string): string {
  return value === '' ? '' : shellWord(value.replaceAll('$', '$$$$'));
}
