/** The peer of the benchmark: COUNT connections to PORT on loopback, paced as ours are, each reset once it stands. */
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
const start = performance.now();
const dials = [];
for (let index = 0; index < count; index++) {
  dials.push(
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('error', reject);
      socket.on('connect', () => socket.resetAndDestroy());
      socket.on('close', resolve);
    }),
  );
  if (index % 128 === 127) await new Promise((resolve) => setImmediate(resolve));
}
await Promise.all(dials);
process.stdout.write(JSON.stringify({ ms: performance.now() - start }));
