import { SystemError } from '../contract/problem.ts';

/** `ENOENT`, `Z_DATA_ERROR`; empty when there is none. Not by class: Node's own errors may come from another realm. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

export function errorMessage(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

export function isFromSystem(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

export function cannotRead(file: string, error: unknown): SystemError {
  return new SystemError(`Cannot read ${file}: ${errorMessage(error)}`, { cause: error });
}
