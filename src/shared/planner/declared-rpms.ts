import { order } from '../base/order.ts';
import type { Result } from '../model/build-result.ts';
import type { Spec } from '../model/spec.ts';

/** Which packages' specs declare an RPM: what a build makes beyond its own spec cannot be another's. */
export class DeclaredRpms {
  /** Packages by the name of an RPM, or the file of an SRPM. */
  private readonly packages = new Map<string, Set<string>>();

  constructor(specs: Iterable<Spec>) {
    for (const spec of specs) {
      const names = [spec.sourceRpm, spec.name, ...spec.packages.map(({ name }) => name)];
      for (const name of names)
        this.packages.set(name, (this.packages.get(name) ?? new Set()).add(spec.package));
    }
  }

  /** Returns why a result is refused: it has an RPM that its spec does not declare, and another's does. */
  refusal({ package: own, srpm, rpms }: Pick<Result, 'package' | 'srpm' | 'rpms'>): string | undefined {
    const built = [
      { file: srpm.file, name: srpm.file },
      ...rpms.map(({ file, name }) => ({ file, name })),
    ].sort((a, b) => order(a.file, b.file));
    for (const { file, name } of built) {
      const packages =
        this.packages.get(name) ?? this.packages.get(name.replace(/-debug(?:info|source)$/, ''));
      if (packages === undefined || packages.has(own)) continue;
      return `its build made ${file}, which its spec does not declare: ${[...packages].sort(order)[0]} does`;
    }
    return undefined;
  }
}
