import { connect, type Socket } from 'node:net';
import { afterAll, expect, test } from '@jest/globals';
import { cleanUp, closedPort, fullPort, listen } from './lab.fixture.ts';
import { labHost } from './lab-host.fixture.ts';
import { connectToSelf, type SelfConnected } from './self-connection.ts';

afterAll(cleanUp);

function plan(listenPort: number, port: number, totalMs: number) {
  return { listen: ['127.0.0.1'], listenPort, host: '127.0.0.1', port, totalMs, refusalsMs: 0 };
}

async function connectVia(dialPort: number, totalMs: number): Promise<SelfConnected> {
  const listenPort = await closedPort();
  const result = await connectToSelf(plan(listenPort, dialPort, totalMs), labHost());
  // Free again: nothing of it is left listening.
  await listen({ port: listenPort });
  return result;
}

async function serving(serve: (socket: Socket) => void): Promise<number> {
  const { port, server } = await listen();
  server.on('connection', serve);
  return port;
}

test('a dial that is refused is final', async () => {
  const port = await closedPort();
  const message = `connect ECONNREFUSED 127.0.0.1:${port}`;
  expect(await connectVia(port, 3000)).toMatchObject({
    status: 'connection-refused',
    message,
    complaint: `failed to dial: ${message}`,
    code: 'ECONNREFUSED',
    tries: 1,
    lastTry: 'refused',
  });
});

test.each<[string, (socket: Socket) => void]>([
  ['says nothing', () => {}],
  ['hangs up', (socket) => void socket.end()],
  ['resets', (socket) => void socket.resetAndDestroy()],
  ['echoes', (socket) => void socket.pipe(socket)],
  [
    'talks without end',
    (socket) => void setInterval(() => socket.destroyed || socket.write(Buffer.alloc(4096)), 5).unref(),
  ],
])('somebody else who %s is asked again each second until the time is over', async (_, serve) => {
  let asked = 0;
  const port = await serving((socket) => {
    asked++;
    serve(socket);
  });
  const begun = performance.now();
  expect(await connectVia(port, 1500)).toMatchObject({
    status: 'connection-timeout',
    message: 'connection timeout',
    code: null,
    lastTry: 'unverified',
  });
  expect(performance.now() - begun).toBeLessThan(2200);
  expect(asked).toBeLessThanOrEqual(2);
});

test('a silent port is tried again until the time is over', async () => {
  expect(await connectVia(await fullPort(), 1500)).toMatchObject({
    status: 'connection-timeout',
    lastTry: 'no-answer',
    tries: 1,
  });
});

test('a relay to the own listener is connected, even one that cuts the token in pieces', async () => {
  const listenPort = await closedPort();
  const dialPort = await serving((socket) => {
    const onward = connect(listenPort, '127.0.0.1').on('error', () => {});
    onward.pipe(socket);
    socket.on('data', async (chunk: Buffer) => {
      for (const byte of chunk) {
        onward.write(Buffer.of(byte));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
  });
  const result = await connectToSelf(plan(listenPort, dialPort, 3000), labHost());
  expect(result).toMatchObject({
    status: 'connected',
    code: null,
    lastTry: 'verified',
    tries: 1,
    complaint: undefined,
  });
});
