import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const fileBytes = 16 * 1024 * 1024;

const spec = `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: { name: large }
spec:
  hostAnalyzers:
    - tcpConnect: { collectorName: api, outcomes: [{ pass: { when: connected, message: connected } }] }
`;

/** A bundle of ours that unpacks to about so many bytes of log lines, and how many they are. */
export async function largeBundle(file, bytes, { endMark, entry, header, manifestText, listed }, random) {
  const text = logLines(random);
  let written = 0;
  function* blocks() {
    const files = [];
    for (let number = 0; written < bytes; number++) {
      const path = `host-collectors/run-host/log-${number}.txt`;
      const start = random.below(text.length - fileBytes);
      const content = text.subarray(start, start + fileBytes);
      files.push({ path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') });
      yield header({ name: `b/${path}`, size: content.length });
      for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
      written += content.length + 512;
    }
    const small = {
      'host-collectors/connect/api.json': '{"status":"connected","message":""}',
      'spec.yaml': spec,
      'version.yaml': 'x: 1\n',
    };
    for (const [path, content] of Object.entries(small)) {
      files.push(listed(path, content));
      yield entry(`b/${path}`, content);
    }
    yield entry('b/manifest.json', manifestText(files));
    yield endMark;
  }
  await pipeline(Readable.from(blocks(), { objectMode: true }), createGzip(), createWriteStream(file));
  return written;
}

/** As a kernel or a service writes them: about a tenth of it is left when packed. */
function logLines(random) {
  const words = [
    'connection',
    'from',
    'refused',
    'eth0:',
    'link',
    'is',
    'up',
    'kubelet',
    'sync',
    'pod',
    'failed',
    'timeout',
    'of',
    'node',
    'ready',
    'probe',
  ];
  const lines = [];
  for (let length = 0; length < 2 * fileBytes; ) {
    const time = `2026-11-21T${String(random.below(24)).padStart(2, '0')}:${String(random.below(60)).padStart(2, '0')}`;
    const line = `${time} host-${random.below(9)} kernel[${random.below(999)}]: ${Array.from({ length: 12 }, () => random.pick(words)).join(' ')}\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join(''));
}

/** How long `gzip -dc FILE | tar -t` takes, in milliseconds. */
export async function listing(file) {
  const start = performance.now();
  const child = spawn('sh', ['-c', 'gzip -dc "$1" | tar -t > /dev/null', 'sh', file], { stdio: 'inherit' });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`gzip and tar ended with ${code}`);
  return Math.round(performance.now() - start);
}
