import type { Evaluated, Evaluation, Evaluator } from '../contract/evaluator.ts';
import { type SandboxLimits, sandboxLimits } from './limits.ts';
import { parseAnswer, parseRefusal, type Question, readyLine } from './lines.ts';
import { type SandboxProcess, type SandboxProgram, startProcess } from './process.ts';

export interface EvaluatorOptions extends SandboxProgram {
  /** What the clock shows inside: a bundle gives the same verdicts for ever (rule E4). */
  readonly createdMs: number;
  readonly limits?: SandboxLimits;
}

export interface ClosableEvaluator extends Evaluator {
  /** Kills the child, whatever it is doing; what was asked and is asked afterwards fails. */
  close(): void;
}

/** Evaluates one after another, in a child process that is started when there is first something to evaluate (rule E3). */
export function createEvaluator({
  createdMs,
  limits = sandboxLimits,
  ...program
}: EvaluatorOptions): ClosableEvaluator {
  // No clock shows what is no date.
  const clockMs = new Date(createdMs).getTime() || 0;
  let child: SandboxProcess | undefined;
  let failedStarts = 0;
  let whyNoStart = '';
  let spentMs = 0;
  let closed = false;
  let queue: Promise<unknown> = Promise.resolve();

  async function evaluate({ source, argument, keys }: Evaluation): Promise<Evaluated> {
    if (closed) return runIsOver;
    if (spentMs >= limits.runMs) {
      return { failure: `the functions of this run used up their ${limits.runMs / 1000} s together` };
    }
    const input = asJson(argument);
    if (input === undefined) return { failure: 'its argument cannot be written as JSON' };
    if (Buffer.byteLength(source) > limits.sourceBytes) {
      return { failure: `it is longer than ${limits.sourceBytes / 1024} KiB` };
    }
    if (Buffer.byteLength(input) > limits.inputBytes) {
      return { failure: `its argument is larger than ${limits.inputBytes / 2 ** 20} MiB` };
    }
    const startedMs = performance.now();
    const ready = await readyChild();
    const question: Question = { source, keys, createdMs: clockMs, limitMs: limits.evalMs };
    const evaluated = 'failure' in ready ? ready : await ask(ready, question, input);
    spentMs += performance.now() - startedMs;
    return closed ? runIsOver : evaluated;
  }

  async function readyChild(): Promise<SandboxProcess | { readonly failure: string }> {
    if (child?.alive) return child;
    if (failedStarts < limits.failedStarts) {
      const why = await startChild();
      if (child?.alive && why === undefined) return child;
      failedStarts++;
      whyNoStart = why ?? 'it died';
    }
    return { failure: `the sandbox process does not start (${whyNoStart})` };
  }

  /** Gives the reason when there is no child. */
  async function startChild(): Promise<string | undefined> {
    try {
      child = startProcess(program, limits.outputBytes);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const heard = await child.hear(limits.startMs);
    if (heard.type === 'line' && heard.line === readyLine) return undefined;
    child.kill('it is not ready');
    if (heard.type === 'nothing') return `it is not ready within ${limits.startMs / 1000} s`;
    return heard.type === 'ended' ? heard.why : (parseRefusal(heard.line) ?? 'it speaks nonsense');
  }

  async function ask(child: SandboxProcess, question: Question, input: string): Promise<Evaluated> {
    child.say(`${JSON.stringify(question)}\n${input}\n`);
    const heard = await child.hear(limits.evalMs + limits.graceMs);
    if (heard.type === 'nothing') {
      child.kill('too late');
      return { failure: `the function did not end within ${limits.evalMs / 1000} s` };
    }
    if (heard.type === 'ended') return { failure: `the sandbox process died (${heard.why})` };
    const answer = parseAnswer(heard.line, question.keys);
    if (answer === undefined || answer.last) child.kill('it has run hostile code');
    return answer?.evaluated ?? { failure: 'the sandbox process speaks nonsense' };
  }

  return {
    evaluate(evaluation) {
      const evaluated = queue.then(() => evaluate(evaluation)).catch((error: unknown) => ({ failure: String(error) }));
      queue = evaluated;
      return evaluated;
    },
    close() {
      closed = true;
      child?.kill('the run is over');
    },
  };
}

const runIsOver: Evaluated = { failure: 'the run is over' };

/** Undefined for what JSON cannot hold. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
