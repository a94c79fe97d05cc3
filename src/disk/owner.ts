import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Who made a temporary file or folder stands in its name, as `WHERE-PID-START`: there from the first moment, and to be judged
 * without opening anything. WHERE is this boot of this machine and this space of process ids (a container has its own), so that a
 * number is only looked up where it means something; START tells a process from a later one with the same number.
 */
export const ownerPattern = '([0-9a-f]{8})-(\\d{1,10})-([0-9a-z]{1,16})';

export function ownTag(): string {
  const own = stateOf('self');
  return `${here()}-${process.pid}-${typeof own === 'object' ? own.start : unknownStart}`;
}

/** No run lasts longer: its `--timeout` is at most a day, and then it only has to write. */
const longestRunMs = 25 * 60 * 60 * 1000;

/** Whether the process of a tag has certainly ended; what cannot be known is not gone (rule S8). */
export function isGone(tag: string, touchedMs: number): boolean {
  const [, where, pid = '', start] = new RegExp(`^${ownerPattern}$`).exec(tag) ?? [];
  if (where === undefined) return false;
  if (where !== here()) return Date.now() - touchedMs > longestRunMs;
  if (start === unknownStart) return !exists(Number(pid));
  const found = stateOf(pid);
  return found === 'gone' || (found !== 'unknown' && found.start !== start);
}

const unknownStart = '0';

/** proc_pid_stat(5): field 3 is the state, field 22 the start in ticks since boot; field 2, a name, may hold anything. */
function stateOf(pid: string): { readonly start: string } | 'gone' | 'unknown' {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not looked yet.
    if (fields[0] === 'Z' || fields[0] === 'X') return 'gone';
    return { start: Number(fields[19]).toString(36) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ESRCH' ? 'gone' : 'unknown';
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

let cached: string | undefined;

function here(): string {
  cached ??= createHash('sha256')
    .update([orEmpty(bootId), orEmpty(pidSpace), hostname()].join('\n'))
    .digest('hex')
    .slice(0, 8);
  return cached;
}

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
const pidSpace = () => readlinkSync('/proc/self/ns/pid');

/** Other systems than Linux have neither; there the host's name must do. */
function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
