import { Worker } from 'node:worker_threads';
import type { SpecRedactor } from '../../contract/spec.ts';
import { parseGlob } from '../../go/glob.ts';
import { Withheld } from '../withheld.ts';
import type { Answer, Question } from './worker.ts';

/** The redactors of a spec in a thread of their own, which is ended when a file takes too long (rule X4). */
export interface RedactorThread {
  selects(path: string): boolean;
  /** Rejects with `Withheld`. */
  apply(path: string, bytes: Uint8Array): Promise<Answer>;
  close(): void;
}

export interface ThreadOptions {
  readonly redactors: readonly SpecRedactor[];
  /** Of the built program: what the thread runs. */
  readonly script: string;
  /** For one file. */
  readonly timeoutMs: number;
}

export function createThread({ redactors, script, timeoutMs }: ThreadOptions): RedactorThread {
  const selectors = redactors.map(({ files }) => files.map(parseGlob));
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function ask(question: Question): Promise<Answer> {
    const thread =
      worker ?? new Worker(script, { workerData: redactors, resourceLimits: { maxOldGenerationSizeMb: 512 } });
    worker = thread;
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        end();
        worker = undefined;
        void thread.terminate();
        reject(new Withheld(reason));
      };
      const timer = setTimeout(() => fail('a redactor of the spec ran out of time'), timeoutMs);
      const onAnswer = (answer: Answer) => {
        end();
        if (answer.failed) reject(new Withheld('a redactor of the spec could not be applied to it'));
        else resolve(answer);
      };
      const onError = () => fail('a redactor of the spec failed');
      const end = () => {
        clearTimeout(timer);
        thread.off('message', onAnswer).off('error', onError).off('exit', onError);
      };
      thread.on('message', onAnswer).on('error', onError).on('exit', onError);
      thread.postMessage(question);
    });
  }

  return {
    selects: (path) => selectors.some((globs) => globs.length === 0 || globs.some(({ matches }) => matches(path))),
    apply(path, bytes) {
      const answer = last.then(() => ask({ path, bytes }));
      last = answer.catch(() => undefined);
      return answer;
    },
    close() {
      void worker?.terminate();
      worker = undefined;
    },
  };
}
