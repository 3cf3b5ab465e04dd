/** Returns seconds as `0:34`, `12:07` or `1:02:09`. Pure. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** Returns seconds as a rough estimate: `under a minute`, `about 2 min`, `about 3 h`. Pure. */
export function roughly(seconds: number): string {
  if (seconds < 45) return 'under a minute';
  if (seconds < 5400) return `about ${Math.max(1, Math.round(seconds / 60))} min`;
  return `about ${Math.round(seconds / 3600)} h`;
}
