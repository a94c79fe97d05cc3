import type { Problem } from '../../contract/problem.ts';
import { renderDocument } from '../../report/document.ts';
import { renderProblems } from '../../report/problems.ts';
import { exitCodes } from '../exit.ts';
import { writeErr, writeOut } from '../output.ts';
import { readSpecArguments, type SpecOptions } from '../spec-options.ts';

export interface ValidateOptions extends SpecOptions {
  readonly format: 'human' | 'json' | 'yaml';
}

export async function validate(args: readonly string[], options: ValidateOptions): Promise<number> {
  const { spec, problems, documents } = await readSpecArguments(args, { ...options, strict: true });
  const valid = spec !== undefined;
  if (options.format !== 'human') {
    const document = { schemaVersion: 'hostbundle.validate/v1', valid, documents, problems: problems.map(shown) };
    await writeOut(renderDocument(document, options.format));
  } else if (valid) {
    const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
    const parts = [
      count(documents, 'document'),
      count(spec.collectors.length, 'collector'),
      count(spec.analyzers.length, 'analyzer'),
    ];
    for (const { file, line, reason } of spec.skipped) {
      await writeErr(
        renderProblems([{ severity: 'warning', code: 'left-alone', message: `left alone: ${reason}`, file, line }]),
      );
    }
    await writeOut(`valid: ${parts.join(', ')}\n`);
  } else {
    await writeErr(renderProblems(problems));
  }
  return valid ? exitCodes.done : exitCodes.userMistake;
}

function shown({ severity, code, message, file, line, column, path }: Problem): object {
  return {
    severity,
    code,
    message,
    file: file ?? null,
    line: line ?? null,
    column: column ?? null,
    path: path ?? null,
  };
}
