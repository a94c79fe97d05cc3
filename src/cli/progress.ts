import type { Progress } from '../collect/run.ts';
import { printableLine } from '../report/printable.ts';
import { wantsColor, writeErr } from './output.ts';

export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Clears what moves, so that the result stands alone. */
  end(): Promise<void>;
}

const redrawMs = 100;
const plainEveryMs = 2000;

/** On a terminal one line that moves: how many are done, what is waited for, elapsed. Elsewhere plain lines, few of them. */
export function createProgress(quiet: boolean): ProgressDisplay {
  if (quiet) return { show: () => {}, end: async () => {} };
  return wantsColor(process.stderr) ? movingProgress(process.stderr) : plainProgress();
}

function movingProgress(stream: NodeJS.WriteStream): ProgressDisplay {
  const start = performance.now();
  let latest: Progress | undefined;
  const draw = () => {
    if (latest === undefined) return;
    const { done, total, running, oldest } = latest;
    const waiting =
      oldest === undefined ? '' : ` · ${printableLine(oldest)}${running > 1 ? ` and ${running - 1} more` : ''}`;
    const line = `collecting ${done}/${total} · ${((performance.now() - start) / 1000).toFixed(1)}s${waiting}`;
    stream.write(`\r\u001b[2K${[...line].slice(0, Math.max(20, (stream.columns || 80) - 1)).join('')}`);
  };
  const timer = setInterval(draw, redrawMs);
  timer.unref();
  return {
    show(progress) {
      const first = latest === undefined;
      latest = progress;
      if (first) draw();
    },
    async end() {
      clearInterval(timer);
      if (latest !== undefined) await writeErr('\r\u001b[2K');
    },
  };
}

/** Without a terminal: each failure, a sign of life now and then, and the end. */
function plainProgress(): ProgressDisplay {
  const start = performance.now();
  let lastMs = start;
  let latest: Progress | undefined;
  const line = ({ done, total }: Progress) =>
    `collecting: ${done}/${total} done after ${((performance.now() - start) / 1000).toFixed(1)}s\n`;
  return {
    show(progress) {
      latest = progress;
      if (progress.event !== 'finished') return;
      if (progress.state === 'failed' || progress.state === 'timedOut') {
        process.stderr.write(
          `collecting: ${printableLine(progress.title)}: ${progress.state === 'failed' ? 'failed' : 'timed out'}\n`,
        );
      }
      const now = performance.now();
      if (now - lastMs < plainEveryMs || progress.done === progress.total) return;
      lastMs = now;
      process.stderr.write(line(progress));
    },
    async end() {
      if (latest !== undefined) await writeErr(line(latest));
    },
  };
}
