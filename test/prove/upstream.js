/**
 * The same specs through troubleshoot.sh's own programs and ours, compared field by field. Each bundle is judged by both
 * sides too. Runs in a network namespace of its own, so that no packet leaves the machine. Exits 1 on a difference that no row of
 * COMPATIBILITY.md explains, and on an explanation that nothing needs any more.
 *
 * TROUBLESHOOT_BIN names `support-bundle`, with `preflight` beside it. HOSTBUNDLE_BIN: another build of ours. PROVE_ONLY: a part of
 * the names of cases. PROVE_VERBOSE=1 shows explained differences.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { load } from 'js-yaml';
import { always, cases as tcpCases } from './upstream.cases.js';
import { exampleCases } from './upstream.examples.js';
import { fileCases, fileFacts, writeFiles } from './upstream.files.js';
import { startWeb, webCases, webFacts } from './upstream.web.js';

const theirs = process.env.TROUBLESHOOT_BIN;
const ours = resolve(process.env.HOSTBUNDLE_BIN ?? join(import.meta.dirname, '../../bin/hostbundle.js'));
const departures = readFileSync(join(import.meta.dirname, '../../COMPATIBILITY.md'), 'utf8');
const cases = [...tcpCases, ...fileCases, ...webCases, ...exampleCases];
const theirFlags = ['--interactive=false', '--auto-update=false'];

export const tiers = {};
export const faults = [];

/** In a network namespace of its own: this file again, as a program. */
export async function prove({ log }) {
  if (theirs === undefined || !existsSync(theirs)) {
    log('not run: TROUBLESHOOT_BIN must name the support-bundle program of troubleshoot.sh');
    return ['the programs of troubleshoot.sh are not here'];
  }
  const own = process.getuid() === 0 ? [] : ['--map-root-user'];
  const { status, error } = spawnSync('unshare', [...own, '--net', '--mount', process.execPath, import.meta.filename], {
    stdio: 'inherit',
    env: { ...process.env, HOSTBUNDLE_PROVE_INSIDE: '1' },
  });
  if (error) throw error;
  return status === 0 ? [] : ['there are differences without a row'];
}

if (process.env.HOSTBUNDLE_PROVE_INSIDE === '1') {
  const folder = mkdtempSync(join(tmpdir(), 'hostbundle-upstream-'));
  try {
    await lab();
    process.exitCode = await proveInside(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exit();
}

/**
 * Ports of this namespace: 1001 and [::1]:1003 answer, 1002 refuses, 1004 is held on all addresses, 1005 on [::1] alone.
 * 10.8.0.99 drops, 10.8.0.98 is not there, all else has no route. both.test has two addresses, silent.test gets no answer.
 */
async function lab() {
  const ip = (line) => command('ip', line.split(' '));
  for (const line of [
    'link set lo up',
    'link add eth0 type veth peer name end0',
    'addr add 10.8.0.1/24 dev eth0',
    'link set end0 up',
    'link set eth0 up',
    'neigh add 10.8.0.99 lladdr 02:00:00:00:00:99 dev eth0 nud permanent',
  ])
    ip(line);
  writeFileSync('/proc/sys/net/ipv4/tcp_syn_retries', '2');
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  const etc = mkdtempSync(join(tmpdir(), 'hostbundle-etc-'));
  writeFileSync(
    join(etc, 'hosts'),
    '127.0.0.1 localhost both.test\n::1 localhost both.test\n127.0.0.1 four.test web.test\n',
  );
  writeFileSync(join(etc, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:20 attempts:1\n');
  for (const file of ['hosts', 'resolv.conf']) command('mount', ['--bind', join(etc, file), `/etc/${file}`]);
  rmSync(etc, { recursive: true });

  for (const [port, host] of [
    [1001, '127.0.0.1'],
    [1003, '::1'],
    [1004, '0.0.0.0'],
    [1005, '::1'],
  ]) {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    server.listen({ port, host, ipv6Only: host === '::1' });
    await once(server, 'listening');
  }
  writeFiles(command);
  await startWeb(command);
  // A name server that keeps silent on one name, and knows the A records of another alone: those below wild.test.
  const names = createSocket('udp4');
  names.on('message', (query, { port, address }) => {
    if (query.includes('silent')) return;
    const end = query.indexOf(0, 12) + 5;
    const isKnown = query.includes('\x04wild\x04test') && query.readUInt16BE(end - 4) === 1;
    const record = Buffer.from(isKnown ? 'c00c000100010000003c00040a000009' : '', 'hex');
    const answer = Buffer.concat([query.subarray(0, end), record]);
    answer.writeUInt16BE(isKnown ? 0x8180 : 0x8183, 2);
    answer.writeUInt16BE(isKnown ? 1 : 0, 6);
    answer.writeUInt16BE(0, 10);
    names.send(answer, port, address);
  });
  names.bind(53, '127.0.0.1');
  await once(names, 'listening');
}

function command(program, args) {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

async function proveInside(folder) {
  const only = process.env.PROVE_ONLY ?? '';
  const chosen = cases.filter(({ name }) => name.includes(only));
  const results = [];
  const waiting = chosen.map((item, index) => ({ ...item, port: 2000 + index }));
  const workers = Array.from({ length: 4 }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      results.push(await proveOne(item, join(folder, String(item.port))));
    }
  });
  await Promise.all(workers);

  results.sort((a, b) => a.item.port - b.item.port);
  const used = new Set();
  let wrong = 0;
  let explained = 0;
  let fields = 0;
  for (const { item, differences, compared } of results) {
    fields += compared;
    const own = Object.entries(item.differs ?? {});
    const reports = [];
    for (const text of differences) {
      const found = [...own, ...Object.entries(always)].find(([pattern]) => new RegExp(pattern, 's').test(text));
      if (found === undefined) {
        wrong++;
        reports.push(`  ✘ ${text}`);
      } else {
        explained++;
        used.add(own.includes(found) ? `${item.name}: ${found[0]}` : found[0]);
        if (process.env.PROVE_VERBOSE === '1') reports.push(`  ~ ${text}\n      ${found[1]}`);
      }
    }
    const verdict = reports.some((text) => text.startsWith('  ✘'))
      ? 'DIFFERS'
      : differences.length > 0
        ? 'explained'
        : 'equal';
    process.stdout.write(`${verdict.padEnd(10)}${String(compared).padStart(4)} fields  ${item.name}\n`);
    for (const text of reports) process.stdout.write(`${text}\n`);
  }
  for (const { name, differs = {} } of chosen) {
    for (const [pattern, row] of Object.entries(differs)) {
      if (!used.has(`${name}: ${pattern}`)) wrong += told(`${name}: no difference like /${pattern}/ any more`);
      if (!departures.includes(row)) wrong += told(`${name}: COMPATIBILITY.md has no row with: ${row}`);
    }
  }
  for (const [pattern, row] of Object.entries(always)) {
    if (only === '' && !used.has(pattern)) wrong += told(`no difference like /${pattern}/ in any case any more`);
    if (!departures.includes(row)) wrong += told(`COMPATIBILITY.md has no row with: ${row}`);
  }
  process.stdout.write(
    `\n${results.length} specs, ${fields} fields compared, ${explained} differences explained, ${wrong} not explained\n`,
  );
  return wrong === 0 ? 0 : 1;
}

function told(text) {
  process.stdout.write(`✘ ${text}\n`);
  return 1;
}

/** Runs one case on both sides and gives what differs, each as one line. */
async function proveOne(item, folder) {
  const files = Object.entries(item.files ?? { 'spec.yaml': item.spec }).map(([name, text]) => [
    name,
    text.replaceAll('$PORT', String(item.port)),
  ]);
  for (const side of ['theirs', 'ours']) mkdirSync(join(folder, side), { recursive: true });
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const specs = (item.specs ?? files.map(([name]) => name)).map((name) => join(folder, name));
  const args = item.args?.map((arg) => (arg.endsWith('.yaml') ? join(folder, arg) : arg));
  const run = (side, program, args) => play(item, join(folder, side), program, args);
  const facts = item.preflight
    ? [
        await theirPreflight(run, specs),
        await ourPreflight(run, item.ourSpecs?.map((name) => join(folder, name)) ?? specs, args),
      ]
    : await collections(run, specs, item, files[0]?.[1] ?? '');
  return { item, ...compare(...facts) };
}

async function play(item, cwd, program, args) {
  const [name, ...rest] =
    item.net === 'loopback'
      ? ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', program, ...args]
      : [program, ...args];
  const child = spawn(name, rest, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: cwd, TZ: 'UTC', KUBECONFIG: join(cwd, 'none'), ...item.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { stdout, stderr, code };
}

async function collections(run, specs, item, first) {
  const theirBundle = join(dirname(specs[0]), 'theirs', 'b.tar.gz');
  const ourBundle = join(dirname(specs[0]), 'ours', 'b.tar.gz');
  const up = await run('theirs', theirs, [...theirFlags, '-o', theirBundle, ...specs]);
  const we = await run('ours', process.execPath, [
    ours,
    'collect',
    '-q',
    '-o',
    ourBundle,
    ...(item.args ?? []),
    ...specs,
  ]);
  if (process.env.PROVE_VERBOSE === '1' && item.name === process.env.PROVE_ONLY)
    process.stdout.write(`${up.stderr}\n${we.stderr}\n`);
  const left = bundleFacts(theirBundle);
  const right = bundleFacts(ourBundle);

  // Each bundle judged by both sides: by the spec itself where that is a kind which `analyze` takes, and by our spec.yaml.
  const isOne = specs.length === 1 && /^kind: (SupportBundle|Analyzer)$/m.test(first) && !/^---/m.test(first);
  const rules = isOne ? { spec: specs[0] } : {};
  if (existsSync(ourBundle)) {
    rules.own = join(dirname(specs[0]), 'own.yaml');
    writeFileSync(rules.own, (await run('ours', process.execPath, [ours, 'inspect', ourBundle, 'spec.yaml'])).stdout);
  }
  for (const [by, file] of Object.entries(rules)) {
    const judgements = {};
    for (const [of, bundle] of [
      ['their bundle', theirBundle],
      ['our bundle', ourBundle],
    ]) {
      if (!existsSync(bundle)) continue;
      judgements[`${of} by them`] = await judgedByThem(run, file, bundle);
      judgements[`${of} by us`] = await judgedByUs(run, file, bundle, item.args);
    }
    const base = left.judged ?? judgedOnly(right.judged);
    for (const [which, judged] of Object.entries(judgements)) {
      left[`rules ${by}, ${which}`] = base;
      right[`rules ${by}, ${which}`] = judged;
    }
  }
  return [left, right];
}

async function judgedByThem(run, spec, bundle) {
  const { stdout, stderr, code } = await run('theirs', theirs, [
    'analyze',
    spec,
    '--bundle',
    bundle,
    '--output',
    'json',
  ]);
  if (code !== 0) return [`no judgement: ${stderr.trim().split('\n')[0]}`];
  return (JSON.parse(stdout) ?? []).map((result) => {
    const { IsFail, IsWarn, IsPass, Title, Message } = result;
    return verdictLine(IsFail ? 'fail' : IsWarn ? 'warn' : IsPass ? 'pass' : '', Title, Message);
  });
}

async function judgedByUs(run, spec, bundle, args = []) {
  const options = [ours, 'analyze', bundle, '--spec', spec, '--format', 'json', '--exit-zero', ...args];
  const { stdout, stderr, code } = await run('ours', process.execPath, options);
  if (code !== 0) return [`no judgement: ${stderr.trim().split('\n')[0]}`];
  return JSON.parse(stdout).bundles[0].findings.map(({ verdict, title, message, reason }) =>
    verdictLine(verdict, title, message || (reason ?? '')),
  );
}

function verdictLine(verdict, title, message) {
  return `${verdict} ${JSON.stringify(title)} ${JSON.stringify(message)}`;
}

/** What a bundle holds, as comparable values by name. */
function bundleFacts(bundle) {
  if (!existsSync(bundle)) return { bundle: 'none' };
  const folder = `${bundle}.d`;
  mkdirSync(folder);
  command('tar', ['xzf', bundle, '-C', folder]);
  const facts = { bundle: 'made', roots: readdirSync(folder) };
  const root = join(folder, 'b');
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
  for (const path of paths) {
    facts[`file ${path}`] = 'there';
    const text = readFileSync(join(root, path), 'utf8');
    if (/^host-collectors\/(connect|(tcp|udp)PortStatus|(tcp|http)LoadBalancer|tmp)/.test(path)) {
      const { status, message } = JSON.parse(text);
      facts[`${path} status`] = status;
      facts[`${path} message`] = message === '' ? 'empty' : 'text';
      facts[`${path} layout`] = /^\{"status":"[a-z-]+","message":".*\}$/.test(text) ? 'as theirs' : text;
    } else if (path === 'host-collectors/system/networkNamespaceConnectivity.json') {
      const { from_cidr, to_cidr, errors, success, output } = JSON.parse(text);
      const failed = Object.entries(errors).filter(([, why]) => why !== '');
      facts[`${path} says`] = {
        from_cidr,
        to_cidr,
        success,
        failed: failed.map(([key]) => key),
        keys: Object.keys(errors),
      };
      facts[`${path} layout`] = [Array.isArray(output.logs), text.startsWith('{\n  "from_cidr": ')];
    } else if (/^host-collectors\/(http|registry-images)\//.test(path)) {
      Object.assign(facts, webFacts(path, text));
    } else if (/^host-collectors\/(certificate|certificatesCollection|dns|subnetAvailable|system)\//.test(path)) {
      Object.assign(facts, fileFacts(path, text));
    } else if (path.startsWith('host-collectors/errors/')) {
      const { collector, error, timestamp, ...more } = JSON.parse(text);
      facts[`${path} collector`] = collector;
      facts[`${path} error`] = error.replace(/: .*/s, '');
      facts[`${path} layout`] = [/^\{"collector":".*","error":".*","timestamp":"[^"]+Z"\}$/.test(text), more];
      facts[`${path} timestamp`] = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(timestamp) ? 'seconds' : timestamp;
    }
  }
  const version = load(readFileSync(join(root, 'version.yaml'), 'utf8'));
  facts['version.yaml'] = { ...version, spec: Object.keys(version.spec) };
  const analysis = JSON.parse(readFileSync(join(root, 'analysis.json'), 'utf8'));
  facts['judged'] = analysis.map(({ severity, insight, verdict }) => {
    const theirVerdict = { error: 'fail', warn: 'warn', debug: 'pass' }[severity] ?? 'none';
    return verdictLine(verdict ?? theirVerdict, insight.primary, insight.detail);
  });
  const judged = analysis.filter(({ severity }) => severity !== '');
  judged.forEach(({ uri: _, strict: __, verdict: ___, ...entry }, index) => {
    facts[`analysis.json ${index} keys`] = JSON.stringify(entry, (_, value) =>
      typeof value === 'string' ? '' : value,
    );
    for (const key of ['name', 'severity', 'error', 'insight']) facts[`analysis.json ${index} ${key}`] = entry[key];
  });
  facts['analysis.json layout'] = layoutOf(readFileSync(join(root, 'analysis.json'), 'utf8'));
  return facts;
}

function layoutOf(text) {
  return {
    indent: /^\[\n {4}\{\n {8}"/.test(text) || text === '[]',
    raw: /[<>&]/.test(text),
    newline: text.endsWith('\n'),
  };
}

async function theirPreflight(run, specs) {
  const { stdout, code } = await run('theirs', join(dirname(theirs), 'preflight'), [
    ...theirFlags,
    '--format',
    'json',
    ...specs,
  ]);
  const start = stdout.indexOf('{\n');
  const results = start === -1 ? {} : JSON.parse(stdout.slice(start));
  const judged = ['fail', 'warn', 'pass'].flatMap((verdict) =>
    (results[verdict] ?? []).map(({ title, message, uri }) => `${verdictLine(verdict, title, message)} ${uri ?? ''}`),
  );
  return { exit: code, judged };
}

async function ourPreflight(run, specs, args = []) {
  const { stdout, code } = await run('ours', process.execPath, [
    ours,
    'preflight',
    '-q',
    '--format',
    'json',
    ...args,
    ...specs,
  ]);
  const findings = stdout === '' ? [] : JSON.parse(stdout).bundles[0].findings;
  const judged = ['fail', 'warn', 'pass', 'unknown', 'skipped'].flatMap((verdict) =>
    findings
      .filter((finding) => finding.verdict === verdict)
      .map(
        ({ title, message, reason, uri }) => `${verdictLine(verdict, title, message || (reason ?? ''))} ${uri ?? ''}`,
      ),
  );
  return { exit: code, judged };
}

/** Lists are compared line by line, so that one more finding is one difference. */
function compare(left, right) {
  const differences = [];
  let compared = 0;
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const [a, b] = [left[key], right[key]];
    // What follows from a difference that is told already.
    const file = Object.keys({ ...left, ...right }).find(
      (name) => name.startsWith('file ') && key.startsWith(`${name.slice(5)} `),
    );
    if (file !== undefined && left[file] !== right[file]) continue;
    if (/^analysis\.json \d/.test(key) && !isDeepStrictEqual(judgedOnly(left.judged), judgedOnly(right.judged)))
      continue;
    if (left.bundle === 'none' && right.bundle === 'made' && key !== 'bundle' && !key.startsWith('rules')) continue;
    if (left.bundle === 'made' && right.bundle === 'none' && key !== 'bundle') continue;
    compared++;
    if (isDeepStrictEqual(a, b)) continue;
    if (Array.isArray(a) && Array.isArray(b)) {
      for (const line of a) if (count(a, line) > count(b, line)) differences.push(`${key}: only they: ${line}`);
      for (const line of b) if (count(b, line) > count(a, line)) differences.push(`${key}: only we: ${line}`);
      if ([...a].sort().join() === [...b].sort().join()) differences.push(`${key}: another order: ${a} | ${b}`);
    } else {
      differences.push(`${key}: they ${JSON.stringify(a)}, we ${JSON.stringify(b)}`);
    }
  }
  return { differences: [...new Set(differences)], compared };
}

/** Without what only we say. */
function judgedOnly(lines = []) {
  return lines.filter((line) => !/^(unknown|skipped) /.test(line));
}

function count(list, line) {
  return list.filter((other) => other === line).length;
}
