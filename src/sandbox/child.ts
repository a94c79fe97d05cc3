/** The whole life of the sandbox child: questions on stdin, answers on stdout, one at a time. */
import { readSync, writeSync } from 'node:fs';
import { createEngine } from './engine.ts';
import { sandboxLimits } from './limits.ts';
import { answerLine, type Question, readyLine } from './lines.ts';

const nobody = 65_534;
/** JSON writes a byte in six characters at worst; the rest is for the keys. */
const longestQuestion = 8 * sandboxLimits.sourceBytes;

main().catch(die);

async function main(): Promise<void> {
  let engine = await createEngine();
  const refusal = giveUpRoot();
  say(refusal === undefined ? readyLine : JSON.stringify({ failure: refusal }));
  if (refusal !== undefined) die();
  for (;;) {
    const question: Question = JSON.parse(nextLine(longestQuestion));
    const answer = engine.evaluate(question, nextLine(sandboxLimits.inputBytes));
    say(answerLine(answer));
    if (answer.last) die();
    engine = await createEngine();
  }
}

/**
 * Here and not by an option of spawn, because nobody may be unable to read node or this script, below /root for one; by
 * now all is read. Gives the reason when root cannot be given up.
 */
function giveUpRoot(): string | undefined {
  const { geteuid, getuid } = process;
  if (geteuid?.() !== 0 && getuid?.() !== 0) return undefined;
  try {
    process.setgroups?.([]);
    process.setgid?.(nobody);
    process.setuid?.(nobody);
  } catch (error) {
    return `the sandbox cannot give up root (${error instanceof Error ? error.message : error})`;
  }
  const ids = [process.getuid?.(), process.geteuid?.(), process.getgid?.(), process.getegid?.()];
  const isNobody = [...ids, ...(process.getgroups?.() ?? [])].every((id) => id === nobody);
  return isNobody ? undefined : 'the sandbox cannot give up root';
}

let unread = Buffer.alloc(0);

/** Waits without an event loop: nothing else is to run in here. */
function nextLine(longest: number): string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const end = unread.indexOf('\n');
    const chunk = end < 0 ? unread : unread.subarray(0, end);
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > longest) die();
    if (end >= 0) {
      unread = unread.subarray(end + 1);
      return Buffer.concat(chunks).toString();
    }
    const buffer = Buffer.allocUnsafe(64 * 1024);
    const count = readSync(0, buffer);
    if (count === 0) die();
    unread = buffer.subarray(0, count);
  }
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** At once, whatever compiles in the background. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}
