const plainName = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;
const control = /\p{Cc}/u;

/** True for a text that is safe in a file name, a fstab field and a GPT label. */
export function isPlainName(text: string): boolean {
  return plainName.test(text);
}

export function hasControlCharacter(text: string): boolean {
  return control.test(text);
}

/** True for an absolute path without `.`, `..`, empty parts or control characters. */
export function isPlainPath(path: string): boolean {
  if (path === '/') return true;
  const parts = path.slice(1).split('/');
  return (
    path.startsWith('/') &&
    !hasControlCharacter(path) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
