/** True for a text that is safe in a file name, a fstab field and a GPT label. */
export function isPlainName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(text);
}

export function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/** True for an absolute path without `.`, `..`, empty parts or control characters. */
export function isPlainPath(path: string): boolean {
  const parts = path.slice(1).split('/');
  const isPlain = path.startsWith('/') && !hasControlCharacter(path);
  return path === '/' || (isPlain && !parts.some((part) => ['', '.', '..'].includes(part)));
}
