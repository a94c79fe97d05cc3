/**
 * One process of the proof `mutations`: opens, judges and shows what the seeds give, under a permission model that lets it write
 * nowhere but to one file. Says what went wrong; its parent watches over time.
 */
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { mutated, seeds } from './mutations.cases.js';
import { randomFrom } from './random.js';

const { module, folder } = JSON.parse(process.argv[2]);
const product = await import(module);
const bundles = await seeds(product);
const file = join(folder, `case-${process.pid}`);
const ownKeys = keysOf(Object.prototype) + keysOf(Array.prototype) + keysOf(Function.prototype);
const steering =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]|[\u{e0000}-\u{e007f}]/u;

let seed = 0;
let printed = [];
let sockets = 0;
const tell = (what) => process.send({ failure: what, seed });

process.on('uncaughtException', (error) => tell(`uncaught: ${error?.stack}`));
process.on('unhandledRejection', (error) => tell(`unhandled: ${error?.stack}`));
Socket.prototype.connect = () => {
  sockets++;
  throw new Error('a socket was opened');
};
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (content, done) => {
    printed.push(typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
    done?.();
    return true;
  };
}

const common = { limits: product.limits, identity: [], key: [] };
const analysis = {
  ...common,
  spec: [],
  exitZero: false,
  evals: false,
  debug: false,
  strict: false,
  offline: true,
  installer: undefined,
  set: [],
};
/** How a seed is looked at: mostly opened alone, else by a whole command. */
const ways = [
  ...Array.from({ length: 5 }, () => (bytes) => open(bytes, false)),
  ...Array.from({ length: 2 }, () => (bytes) => open(bytes, true)),
  (bytes) => command(bytes, () => product.analyze([file], { ...analysis, format: 'human', keepGoing: true })),
  (bytes) => command(bytes, () => product.analyze([file], { ...analysis, format: 'json', keepGoing: false })),
  (bytes) =>
    command(bytes, () => product.inspect(file, undefined, { ...common, format: 'human', raw: false, keepGoing: true })),
  (bytes) => command(bytes, () => product.verify(file, { ...common, format: 'human' })),
];

async function open(bytes, keepGoing) {
  await product.openBundle('-', { limits: product.limits, keep: () => true, keepGoing, stdin: Readable.from([bytes]) });
}

async function command(bytes, run) {
  writeFileSync(file, bytes);
  await run();
}

process.on('message', async ({ first, count }) => {
  let accepted = 0;
  let slowest = { ms: 0, seed: 0 };
  for (seed = first; seed < first + count; seed++) {
    printed = [];
    const random = randomFrom(seed ^ 0x5bd1e995);
    const bytes = mutated(seed, bundles, product);
    const start = performance.now();
    try {
      await random.pick(ways)(bytes);
      accepted++;
    } catch (error) {
      if (error?.name !== 'BundleError' && error?.name !== 'UserError') tell(`not told as a refusal: ${error?.stack}`);
      else await product.reportError(error, false);
    }
    const ms = performance.now() - start;
    if (ms > slowest.ms) slowest = { ms, seed };
    const text = printed.join('');
    if (text.includes('bug in hostbundle')) tell(`a command told of a bug: ${text.slice(0, 500)}`);
    if (steering.test(text)) tell(`printed what steers a terminal: ${JSON.stringify(steering.exec(text))}`);
    if (
      keysOf(Object.prototype) + keysOf(Array.prototype) + keysOf(Function.prototype) !== ownKeys ||
      {}.polluted !== undefined
    ) {
      tell('a prototype was changed');
    }
    if (sockets > 0) tell('a socket was opened');
  }
  process.send({ done: count, accepted, slowest, peakMiB: process.resourceUsage().maxRSS / 1024 });
});

function keysOf(object) {
  return Reflect.ownKeys(object).map(String).join();
}
process.send({ ready: true });
