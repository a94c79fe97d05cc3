/**
 * Stands between the program and the system, for the proofs: `node --require` this, and PROVE_IO in the environment says what is
 * to go wrong. The program itself has no mode for tests. Counted is what it calls once it is loaded: files, child processes,
 * sockets. In JSON:
 *
 *   trace    file to which each call is written, a line each; the one that failed begins with `! `
 *   fail     { at, code }: the call of that number fails with that error; { of, code }: the first call of that name
 *   kill     the process is killed before the call of that number
 *   killAt   the process is killed before the first call of that name
 *   short    true: each read gives one byte, each write takes one
 *   hasten   { from, to }: timers of that many milliseconds take fewer, so that what waits for a long run is seen in a short one
 *   clock    { afterMs, byMs }: the wall clock jumps, so long after the first connection was asked for
 */
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const { syncBuiltinESMExports } = require('node:module');
const { getSystemErrorMap } = require('node:util');

const { trace, fail, kill, killAt, short = false, hasten, clock } = JSON.parse(process.env.PROVE_IO ?? '{}');
// Whatever the program starts is its own.
delete process.env.PROVE_IO;
const real = { ...fs };
const traceFd = trace === undefined ? undefined : real.openSync(trace, 'a');
const errnos = new Map([...getSystemErrorMap()].map(([errno, [code, message]]) => [code, { errno, message }]));
// The kernel knows more than libuv.
if (!errnos.has('EDQUOT')) errnos.set('EDQUOT', { errno: -os.constants.errno.EDQUOT, message: 'disk quota exceeded' });

let isLoaded = false;
let calls = 0;
let isFailed = false;
let firstConnectMs = Number.POSITIVE_INFINITY;

/** Counts a call; gives the error with which it is to fail, if it is. */
function met(name, detail) {
  if (!isLoaded) return undefined;
  calls++;
  if (name === 'connect') firstConnectMs = Math.min(firstConnectMs, performance.now());
  const isFailing = fail?.at === calls || (fail?.of === name && !isFailed);
  isFailed ||= isFailing;
  const line = `${isFailing ? '! ' : ''}${name} ${typeof detail === 'string' ? detail : ''}\n`;
  if (traceFd !== undefined) real.writeSync(traceFd, line);
  if (kill === calls || killAt === name) process.kill(process.pid, 'SIGKILL');
  return isFailing ? fail.code : undefined;
}

function systemError(code, syscall, path) {
  const { errno, message } = errnos.get(code);
  const place = typeof path === 'string' ? ` '${path}'` : '';
  const error = new Error(`${code}: ${message}, ${syscall}${place}`);
  return Object.assign(error, { errno, code, syscall }, typeof path === 'string' && { path });
}

/** What has happened although it is said to have failed: a descriptor is closed either way. */
const isDoneAnyway = (name) => name.startsWith('close');

for (const name of Object.keys(fs).filter((name) => name.endsWith('Sync'))) {
  const syscall = name.slice(0, -'Sync'.length);
  const call = fs[name];
  fs[name] = (...args) => {
    const code = met(name, args[0]);
    if (code !== undefined && !isDoneAnyway(name)) throw systemError(code, syscall, args[0]);
    if (short && isLoaded && (name === 'readSync' || name === 'writeSync')) shorten(args);
    const result = call(...args);
    if (code !== undefined) throw systemError(code, syscall, args[0]);
    // The last file that the loader reads (src/cli/boot.ts).
    if (name === 'readFileSync' && String(args[0]).endsWith('.cjs.cache')) isLoaded = true;
    return result;
  };
}

const withCallback = 'open close read readv write writev fsync fdatasync stat lstat readdir rmdir unlink';
for (const name of withCallback.split(' ')) {
  const call = fs[name];
  fs[name] = (...args) => {
    const done = args.at(-1);
    const code = met(name, args[0]);
    if (code !== undefined) {
      const failed = () => done(systemError(code, name, args[0]));
      if (isDoneAnyway(name)) call(...args.slice(0, -1), failed);
      else setImmediate(failed);
      return;
    }
    if (short && isLoaded && (name === 'read' || name === 'write')) shorten(args);
    if (short && isLoaded && name === 'writev') args[1] = [args[1].find(({ length }) => length > 0).subarray(0, 1)];
    call(...args);
  };
}

/** (fd, buffer, offset, length, …) becomes one byte; a text stays what it is. */
function shorten(args) {
  if (ArrayBuffer.isView(args[1]) && args[3] > 1) args[3] = 1;
}

for (const name of Object.keys(fs.promises)) {
  const call = fs.promises[name];
  if (typeof call !== 'function' || name === 'watch') continue;
  fs.promises[name] = async (...args) => {
    const code = met(name, args[0]);
    if (code !== undefined) throw systemError(code, name, args[0]);
    const result = await call(...args);
    return name === 'open' && isLoaded ? watched(result) : result;
  };
}

function watched(handle) {
  for (const name of ['read', 'write', 'writeFile', 'readFile', 'stat', 'sync', 'datasync', 'close']) {
    const call = handle[name].bind(handle);
    handle[name] = async (...args) => {
      const code = met(`handle.${name}`);
      if (code !== undefined && name !== 'close') throw systemError(code, name);
      if (short && name === 'read' && args[2] > 1) args[2] = 1;
      const result = await call(...args);
      if (code !== undefined) throw systemError(code, name);
      return result;
    };
  }
  return handle;
}

for (const name of ['setPriority', 'getPriority', 'networkInterfaces']) {
  const call = os[name];
  os[name] = (...args) => {
    const code = met(name);
    if (code !== undefined) throw systemError(code, name);
    // Thousands of runs would yield to whatever else this machine does.
    return name === 'setPriority' ? undefined : call(...args);
  };
}

// Where Node itself asks libuv, so that what it makes of an error is what it always makes of it.
const { Process } = process.binding('process_wrap');
const { TCP } = process.binding('tcp_wrap');
for (const [{ prototype }, names] of [
  [Process, ['spawn']],
  [TCP, ['connect', 'connect6', 'bind', 'bind6', 'listen']],
]) {
  for (const name of names) {
    const call = prototype[name];
    prototype[name] = function (...args) {
      const code = met(name);
      return code === undefined ? call.apply(this, args) : errnos.get(code).errno;
    };
  }
}

if (hasten !== undefined) {
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = (work, ms, ...args) => wait(work, ms === hasten.from ? hasten.to : ms, ...args);
}

if (clock !== undefined) {
  const RealDate = Date;
  const now = () => RealDate.now() + (performance.now() > firstConnectMs + clock.afterMs ? clock.byMs : 0);
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(now());
      else super(...args);
    }
    static now() {
      return now();
    }
  };
}

syncBuiltinESMExports();
