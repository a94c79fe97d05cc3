import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One run of a Node program: its texts, its code, its times and its largest resident size. */
export async function runMeasured(args, folder, timeout = 600_000) {
  const tell = join(folder, 'tell.cjs');
  writeFileSync(
    tell,
    "process.on('exit', () => require('node:fs').writeSync(3, JSON.stringify(process.resourceUsage())));",
  );
  const start = performance.now();
  const stdio = ['ignore', 'pipe', 'pipe', 'pipe'];
  const child = spawn(process.execPath, ['--require', tell, ...args], { cwd: folder, timeout, stdio });
  const texts = ['', '', '', ''];
  for (const [number, stream] of child.stdio.entries()) {
    stream?.on('data', (text) => {
      texts[number] += text;
    });
  }
  const [code] = await once(child, 'close');
  const ms = Math.round(performance.now() - start);
  const { maxRSS = 0, userCPUTime = 0, systemCPUTime = 0 } = JSON.parse(texts[3] || '{}');
  const cpuMs = Math.round((userCPUTime + systemCPUTime) / 1000);
  return { code, stdout: texts[1], stderr: texts[2], ms, cpuMs, megabytes: Math.round((maxRSS * 1024) / 1e6) };
}
