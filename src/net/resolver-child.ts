import { lookup } from 'node:dns';
import { lineSplitter, mostAddresses, parseQuestion } from './resolver-lines.ts';

/**
 * The whole life of the resolver child: questions on stdin, answers on stdout. It exists because a running lookup holds
 * a thread, and a process does not exit before its lookups end; this one is killed instead.
 */
export function runResolverChild(): void {
  // A signal for the whole group is the parent's to judge; our end comes with the end of stdin.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  const { stdin, stdout } = process;
  const split = lineSplitter();
  stdout.on('error', die);
  stdin.on('error', die).on('end', die).on('close', die);
  stdin.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = split(chunk);
    if (lines === undefined) die();
    for (const line of lines ?? []) answer(line);
  });
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function answer(line: string): void {
  const question = parseQuestion(line);
  if (question === undefined) return;
  const { id, name } = question;
  const say = (what: object) => process.stdout.write(`${JSON.stringify({ id, ...what })}\n`);
  try {
    lookup(name, { all: true, order: 'verbatim' }, (error, addresses) => {
      if (error) say({ code: error.code ?? 'EAI_FAIL' });
      else say({ addresses: addresses.slice(0, mostAddresses) });
    });
  } catch {
    say({ code: 'EINVAL' });
  }
}
