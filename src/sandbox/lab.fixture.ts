import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Evaluated } from '../contract/evaluator.ts';
import { temporaryFolder } from '../net/lab.fixture.ts';
import { type ClosableEvaluator, createEvaluator } from './evaluator.ts';
import { type SandboxLimits, sandboxLimits } from './limits.ts';

export const createdMs = 1_700_000_000_000;
export const keys = ['status', 'latency'];
export const fixtures = resolve(import.meta.dirname, '../../fixtures/eval');
export const honest = "()=>({status:'UP',latency:1})";

/** A copy of the built child: others may be building. Only we may enter its folder. */
export async function builtChild(): Promise<string> {
  const script = join(await temporaryFolder(), 'sandbox.cjs');
  copyFileSync(resolve(import.meta.dirname, '../../dist/sandbox.cjs'), script);
  return script;
}

/** A child that does as the text says, after it has said that it is ready; `line` is each question. */
export async function scriptedChild(onLine: string, first = `console.log('{"ready":true}');`): Promise<string> {
  const script = join(await temporaryFolder(), 'child.cjs');
  const loop = `require('readline').createInterface(process.stdin).on('line',(line)=>{if(line[0]==='{'){${onLine}}}).on('close',()=>process.exit());`;
  await writeFile(script, first + loop);
  return script;
}

export function evaluatorOf(script: string, limits: Partial<SandboxLimits> = {}): ClosableEvaluator {
  return createEvaluator({
    file: process.execPath,
    script,
    createdMs,
    limits: { ...sandboxLimits, ...limits },
  });
}

export function run(evaluator: ClosableEvaluator, source: string, argument: unknown = []): Promise<Evaluated> {
  return evaluator.evaluate({ source, argument, keys });
}

/** Processes that run the script, whoever started them. */
export function runners(script: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && proc(Number(name), 'cmdline').includes(`\0${script}\0`))
    .map(Number);
}

/** The most memory that a process ever had, in MB; 0 once it is gone. */
export function mostResidentMb(pid: number | undefined): number {
  return pid === undefined ? 0 : Number(/VmHWM:\s+(\d+)/.exec(proc(pid, 'status'))?.[1] ?? 0) / 1024;
}

export function proc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

export async function until(holds: () => boolean, withinMs = 3000): Promise<boolean> {
  for (const startMs = performance.now(); performance.now() - startMs < withinMs; ) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return holds();
}
