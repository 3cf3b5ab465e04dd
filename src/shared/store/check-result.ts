import { ensure } from '../base/validate.ts';
import { keyOf } from '../cache-key/key.ts';
import type { Result } from '../model/build-result.ts';
import { rpmFile } from '../rpm/version.ts';

/**
 * Checks what the schema of a result cannot say: that it is of this package and under this key, that its key follows
 * from its components, and that its files have the names of what they are.
 * @throws InvalidDocumentError
 */
export function checkResult(result: Result, name: string, key: string | null): void {
  ensure(result.package === name, '$.package', `This is '${result.package}', but expected '${name}'`);
  ensure(result.key === key, '$.key', `This is ${result.key}, but expected ${key}`);
  ensure(keyOf(result.components) === key, '$.components', 'These are the components of another key');
  ensure(
    /\.(?:no)?src\.rpm$/.test(result.srpm.file),
    '$.srpm.file',
    `'${result.srpm.file}' is no name of an SRPM`,
  );
  const names = new Set<string>();
  for (const [at, rpm] of result.rpms.entries()) {
    const { file } = rpm;
    const place = `$.rpms[${at}].file`;
    ensure(file === rpmFile(rpm), place, `'${file}' is not the name of this RPM`);
    ensure(!names.has(file), place, `'${file}' is listed twice`);
    names.add(file);
  }
}
