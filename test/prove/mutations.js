/**
 * Z1: mutated bundles are opened or refused, and nothing else happens: nothing uncaught, nothing over 2 s or 256 MiB, nothing
 * written, no socket, no prototype changed, nothing printed that steers a terminal. A failure is one seed: `--seed S --count 1`.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleFile } from './bundled.js';

export const tiers = { ci: 20_000, full: 1_000_000 };
export const faults = ['uncaught', 'printing', 'prototype', 'endless'];

/** In the product itself, by what is replaced in its text. */
const planted = {
  uncaught: ['src/bundle/gunzip.ts', 'feeding.catch((error: Error) => unzip.destroy(error));', ''],
  printing: ['src/report/printable.ts', 'text.replace(steering, visible).replace', 'text.replace'],
  prototype: [
    'src/contract/hostile-json.ts',
    'return JSON.parse(text);',
    'return Object.assign(Object.getPrototypeOf({}), { polluted: 1 }) && JSON.parse(text);',
  ],
  endless: ['src/bundle/pax.ts', 'at += length;', 'at += key === "size" ? 0 : length; records.delete(key);'],
};

const limitMs = 2000;
const limitMiB = 256;
const batch = 250;

export async function prove({ count, seed, fault, folder, log }) {
  const module = pathToFileURL(await bundleFile('test/prove/opening.ts', folder, planted[fault])).href;
  const failures = [];
  const seen = { accepted: 0, done: 0, slowest: { ms: 0, seed: 0 }, peakMiB: 0 };
  const start = performance.now();
  for (let first = seed; first < seed + count; ) {
    first = await work({ module, folder, first, last: seed + count, seen, failures, log, start });
    if (failures.length > 0 && (fault !== '' || failures.length > 20)) break;
  }
  const { accepted, done, slowest, peakMiB } = seen;
  const rate = Math.round(done / ((performance.now() - start) / 1000));
  log(
    `${done} bundles, ${accepted} of them opened, ${rate} a second; at most ${Math.round(slowest.ms)} ms (seed ${slowest.seed}) and ${Math.round(peakMiB)} MiB`,
  );
  if (accepted < done / 20) failures.push(`only ${accepted} of ${done} were opened: they are too broken to prove much`);
  return failures;
}

/** One process, until it has done all or died; gives the seed to go on with. */
function work({ module, folder, first, last, seen, failures, log, start }) {
  return new Promise((resolve) => {
    const worker = fork(join(import.meta.dirname, 'mutations.worker.js'), [JSON.stringify({ module, folder })], {
      execArgv: [
        '--experimental-permission',
        '--disable-warning=ExperimentalWarning',
        '--allow-fs-read=*',
        `--allow-fs-write=${folder}`,
        '--max-old-space-size=96',
      ],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let at = first;
    let timer;
    const next = () => {
      if (at >= last) return finish(last);
      timer = setTimeout(() => {
        failures.push(`seeds ${at} to ${at + batch - 1}: one of them does not end`);
        finish(at + batch);
      }, 20_000);
      worker.send({ first: at, count: Math.min(batch, last - at) });
    };
    const finish = (end) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      worker.kill('SIGKILL');
      resolve(end);
    };
    worker.on('exit', (code, signal) => {
      failures.push(`seeds ${at} to ${at + batch - 1}: the process ended with ${code ?? signal}`);
      finish(at + batch);
    });
    worker.on('message', (message) => {
      if (message.failure) failures.push(`seed ${message.seed}: ${message.failure}`);
      if (message.ready) next();
      if (message.done === undefined) return;
      clearTimeout(timer);
      at += message.done;
      seen.done += message.done;
      seen.accepted += message.accepted;
      seen.peakMiB = Math.max(seen.peakMiB, message.peakMiB);
      if (message.slowest.ms > seen.slowest.ms) seen.slowest = message.slowest;
      if (message.slowest.ms > limitMs)
        failures.push(`seed ${message.slowest.seed}: took ${Math.round(message.slowest.ms)} ms`);
      if (message.peakMiB > limitMiB) {
        failures.push(`by seed ${at}: ${Math.round(message.peakMiB)} MiB`);
        return finish(at);
      }
      if (seen.done % 50_000 === 0)
        log(`${seen.done} after ${Math.round((performance.now() - start) / 1000)} s, ${failures.length} failures`);
      if (failures.length > 0) return finish(at);
      next();
    });
  });
}
