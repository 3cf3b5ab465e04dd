import type { TreeInputs } from '../../model/inputs.ts';

/** The macros of the distribution, by name. Pure. */
export function distributionMacros(inputs: TreeInputs): Record<string, string> {
  const macros = {
    dist: inputs.distTag,
    [inputs.distNameAbrv]: inputs.releaseMajorId.split('.')[0] ?? '',
    distro_release_version: inputs.releaseMajorId,
  };
  // rpm takes no macro without a body.
  return Object.fromEntries(Object.entries(macros).filter(([name, value]) => name !== '' && value !== ''));
}
