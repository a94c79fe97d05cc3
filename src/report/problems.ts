import type { Problem } from '../contract/problem.ts';
import { printableLine } from './printable.ts';

/** One line each, in the form that editors and people know: `FILE:LINE:COLUMN: error: what is wrong`. */
export function renderProblems(problems: readonly Problem[]): string {
  return problems
    .map((problem) => `${place(problem)}${problem.severity}: ${printableLine(problem.message, 1000)}\n`)
    .join('');
}

function place({ file, line, column }: Problem): string {
  if (file === undefined) return '';
  const numbers = [line, column].filter((number) => number !== undefined);
  return `${[printableLine(file), ...numbers].join(':')}: `;
}
