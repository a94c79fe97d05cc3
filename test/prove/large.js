/**
 * L10: `analyze` of a large bundle, more than 200 MB a second of what is unpacked, less than 200 MB of memory, and at most 1.3
 * times as long as `gzip -dc | tar -t` beside it. A count is the size in MB.
 */
import { join, resolve } from 'node:path';
import { brokenProgram, bundled } from './bundled.js';
import { largeBundle, listing } from './large-bundle.js';
import { runMeasured } from './run-measured.js';

export const tiers = { full: 2000 };
export const faults = ['memory'];

const planted = {
  memory: [
    'src/bundle/contents.ts',
    'if (!isWanted(path)) return undefined;',
    'if (!isWanted(path)) { held.set(path, Buffer.alloc(size, 1)); return undefined; }',
  ],
};

export async function prove({ count, random, fault, folder, log }) {
  const make = await bundled('test/prove/opening.ts', folder);
  const program =
    fault === ''
      ? resolve(import.meta.dirname, '../../bin/hostbundle.js')
      : await brokenProgram(folder, planted[fault]);
  const file = join(folder, 'large.tar.gz');
  const bytes = await largeBundle(file, count * 1e6, make, random);
  const runs = [];
  for (let run = 0; run < 3; run++) {
    const peerMs = await listing(file);
    const { code, stdout, stderr, ms, cpuMs, megabytes } = await runMeasured([program, 'analyze', file], folder);
    if (code !== 0) return [`analyze ended with ${code}: ${stdout}${stderr}`];
    runs.push({ ms, peerMs, megabytes });
    log(
      `${ms} ms (${cpuMs} ms CPU), ${Math.round(bytes / 1000 / ms)} MB/s, ${megabytes} MB; gzip -dc | tar -t: ${peerMs} ms, ${(ms / peerMs).toFixed(2)} times`,
    );
  }
  const best = Math.min(...runs.map(({ ms }) => ms));
  const ratio = best / Math.min(...runs.map(({ peerMs }) => peerMs));
  const megabytes = Math.max(...runs.map((run) => run.megabytes));
  const failures = [];
  if (ratio > 1.3) failures.push(`${ratio.toFixed(2)} times as long as gzip and tar`);
  if (megabytes >= 200) failures.push(`${megabytes} MB of memory`);
  // Where even gzip and tar do not come to that speed, other work has the machine.
  const isBusy = bytes / 1000 / Math.min(...runs.map(({ peerMs }) => peerMs)) < 200;
  if (bytes / 1000 / best <= 200 && !isBusy) failures.push(`${Math.round(bytes / 1000 / best)} MB/s`);
  if (isBusy) log('not judged: 200 MB/s, because gzip and tar do not reach it here either');
  return failures;
}
