import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { bundle, cleanUp, createNamespace, quickest, testAsRoot } from './lab.fixture.ts';
import { createResolver, type Resolver } from './resolver.ts';
import { lineSplitter, parseAnswer } from './resolver-lines.ts';

const always = new AbortController().signal;
const open: Resolver[] = [];
let child: string;

beforeAll(async () => {
  child = await bundle(`import { runResolverChild } from './net/resolver-child.ts'; runResolverChild();`);
});
afterEach(() => {
  for (const resolver of open.splice(0)) resolver.close();
});
afterAll(cleanUp);

function resolverOf(...args: readonly string[]): Resolver {
  const resolver = createResolver({ file: process.execPath, args });
  open.push(resolver);
  return resolver;
}

/** A child that does as the script says: `line` is what it was asked. */
function scripted(script: string): Resolver {
  return resolverOf(
    '-e',
    `process.stdin.on('end',()=>process.exit());require('readline').createInterface(process.stdin).on('line',(line)=>{const {id,name}=JSON.parse(line);${script}})`,
  );
}

describe('the real child', () => {
  test('knows the hosts file', async () => {
    const addresses = await resolverOf(child).lookup('localhost', always);
    expect(addresses.length).toBeGreaterThan(0);
    for (const { address } of addresses) expect(['127.0.0.1', '::1']).toContain(address);
  });

  test('tells a name that does not exist with code and system call', async () => {
    await expect(resolverOf(child).lookup('a..b', always)).rejects.toMatchObject({
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
      hostname: 'a..b',
    });
  });

  test('survives the signals that are meant for its parent', async () => {
    const late = `data:text/javascript,setTimeout(() => { for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(process.pid, name); }, 200)`;
    const resolver = resolverOf('--import', late, child);
    await resolver.lookup('localhost', always);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await expect(resolver.lookup('a..b', always)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

test('literals never go to a child', async () => {
  const resolver = resolverOf('-e', 'process.exit(1)');
  expect(await resolver.lookup('10.0.0.1', always)).toEqual([{ address: '10.0.0.1', family: 4 }]);
  expect(await resolver.lookup('fe80::1%eth0', always)).toEqual([{ address: 'fe80::1%eth0', family: 6 }]);
});

test('D0: a name with strange characters never goes to a child', async () => {
  await expect(resolverOf(child).lookup('a\0b', always)).rejects.toMatchObject({ code: 'EINVAL' });
});

const countingChild = `globalThis.n=(globalThis.n??0)+1;console.log(JSON.stringify(name==='bad'?{id,code:'EAI_AGAIN'}:{id,addresses:[{address:'10.0.0.'+n,family:4}]}))`;

test('C2: each name is asked once and the answer shared, failures too', async () => {
  const resolver = scripted(countingChild);
  const both = await Promise.all([resolver.lookup('a', always), resolver.lookup('a', always)]);
  expect(both[0]).toEqual(both[1]);
  await expect(resolver.lookup('bad', always)).rejects.toMatchObject({ code: 'EAI_AGAIN', syscall: 'getaddrinfo' });
  await expect(resolver.lookup('bad', always)).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  expect(await resolver.lookup('a', always)).toEqual([{ address: '10.0.0.1', family: 4 }]);
  expect(await resolver.lookup('b', always)).toEqual([{ address: '10.0.0.3', family: 4 }]);
});

test('C2: an abort ends the wait at once, and the answer is still there for others', async () => {
  const resolver = scripted(`setTimeout(()=>{${countingChild}},300)`);
  const reason = new Error('enough');
  const controller = new AbortController();
  const waiting = resolver.lookup('a', controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(resolver.lookup('a', controller.signal)).rejects.toBe(reason);
  expect(await resolver.lookup('a', always)).toEqual([{ address: '10.0.0.1', family: 4 }]);
});

test('a child that dies fails what waits, a new one is started, but not for ever', async () => {
  const resolver = scripted(`name==='die'?process.exit(3):console.log(JSON.stringify({id,addresses:[]}))`);
  const died = {
    code: 'ERESOLVER',
    syscall: 'getaddrinfo',
    message: 'getaddrinfo ERESOLVER die: the resolver process died (exit code 3)',
  };
  for (let start = 0; start < 3; start++) await expect(resolver.lookup('die', always)).rejects.toMatchObject(died);
  expect(await resolver.lookup('fine', always)).toEqual([]);
  await expect(resolver.lookup('die', always)).rejects.toMatchObject(died);
  await expect(resolver.lookup('other', always)).rejects.toMatchObject({
    message: 'getaddrinfo ERESOLVER other: the resolver process died 4 times',
  });
});

test('a program that does not start is an ERESOLVER', async () => {
  const resolver = createResolver({ file: '/nonexistent/node', args: [] });
  await expect(resolver.lookup('a', always)).rejects.toMatchObject({ code: 'ERESOLVER' });
});

test('after close nothing is asked any more', async () => {
  const resolver = scripted('');
  const waiting = resolver.lookup('a', always);
  resolver.close();
  await expect(waiting).rejects.toMatchObject({ code: 'ERESOLVER' });
  await expect(resolver.lookup('b', always)).rejects.toMatchObject({ code: 'ERESOLVER' });
});

test.each([
  ['no JSON', `console.log('hello')`],
  ['an address that is none', `console.log(JSON.stringify({id,addresses:[{address:'x',family:4}]}))`],
  ['a family that is wrong', `console.log(JSON.stringify({id,addresses:[{address:'10.0.0.1',family:6}]}))`],
  ['too many addresses', `console.log(JSON.stringify({id,addresses:Array(65).fill({address:'10.0.0.1',family:4})}))`],
  ['a line without end', `process.stdout.write('x'.repeat(20000))`],
])('a child that says %s is not listened to', async (_, script) => {
  await expect(scripted(script).lookup('a', always)).rejects.toMatchObject({
    message: 'getaddrinfo ERESOLVER a: the resolver process speaks nonsense',
  });
});

test('lines are put together from any pieces', () => {
  const split = lineSplitter();
  expect(split('{"a"')).toEqual([]);
  expect(split(':1}\n{}\n[')).toEqual(['{"a":1}', '{}']);
  expect(split(']\n')).toEqual(['[]']);
  expect(parseAnswer('{"id":1,"code":"x y"}')).toBeUndefined();
  expect(parseAnswer('[]')).toBeUndefined();
  expect(parseAnswer('{"id":1.5,"code":"ENOTFOUND"}')).toBeUndefined();
});

describe('processes', () => {
  const run = promisify(execFile);
  const parent = (rest: string) => `
    import { createResolver } from './net/resolver.ts';
    const resolver = createResolver({ file: process.execPath, args: [process.argv[2]] });
    import { setMaxListeners } from 'node:events';
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    // As a check does with its deadline: the child alone would not keep this process waiting.
    const deadline = setTimeout(() => {}, 10_000);
    ${rest}`;

  test('C2: an idle child does not keep its parent alive, and goes with it', async () => {
    const script = await bundle(parent(`await resolver.lookup('localhost', signal); clearTimeout(deadline);`));
    await run(process.execPath, [script, child], { timeout: 5000 });
    await expectGone(child);
  });

  test('C2: a parent that is killed takes its child with it', async () => {
    const script = await bundle(
      parent(`await resolver.lookup('localhost', signal); process.kill(process.pid, 'SIGKILL');`),
    );
    await expect(run(process.execPath, [script, child])).rejects.toMatchObject({ signal: 'SIGKILL' });
    await expectGone(child);
  });

  testAsRoot('C2: with a dead name server, known names answer at once and exit does not wait', async () => {
    const namespace = await createNamespace();
    await deafNameServer(namespace);
    await namespace.etc('hosts', '127.0.0.1 known\n');
    const script = await bundle(
      parent(`
      for (let n = 0; n < 40; n++) resolver.lookup('dead' + n + '.invalid', signal).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 500));
      const asked = performance.now();
      const addresses = await resolver.lookup('known', signal);
      console.log(JSON.stringify({ addresses, ms: performance.now() - asked }));
      resolver.close();
      process.exit(0);`),
    );
    const answeredMs = await quickest(1000, async () => {
      const before = performance.now();
      const { addresses, ms } = (await namespace.json(process.execPath, script, child)) as {
        addresses: unknown;
        ms: number;
      };
      expect(addresses).toEqual([{ address: '127.0.0.1', family: 4 }]);
      expect(performance.now() - before).toBeLessThan(4000);
      return ms;
    });
    expect(answeredMs).toBeLessThan(1000);
    await expectGone(child);
  });

  testAsRoot('without any name server the answer is EAI_AGAIN', async () => {
    const namespace = await createNamespace();
    await namespace.etc('resolv.conf', 'nameserver 127.0.0.1\n');
    const script = await bundle(
      parent(`
      const error = await resolver.lookup('db.invalid', signal).catch((error) => error);
      console.log(JSON.stringify({ code: error.code, syscall: error.syscall }));
      clearTimeout(deadline);
      resolver.close();`),
    );
    expect(await namespace.json(process.execPath, script, child)).toEqual({
      code: 'EAI_AGAIN',
      syscall: 'getaddrinfo',
    });
  });

  async function expectGone(argument: string): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      const found = await run('pgrep', ['-f', argument]).catch(() => undefined);
      if (found === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${argument} still runs`);
  }
});

async function deafNameServer(namespace: Awaited<ReturnType<typeof createNamespace>>): Promise<void> {
  await namespace.ip(
    'link add v0 type veth peer name v1',
    'addr add 10.9.0.1/24 dev v0',
    'link set v0 arp off up',
    'link set v1 arp off up',
  );
  await namespace.etc('resolv.conf', 'nameserver 10.9.0.53\n');
}
