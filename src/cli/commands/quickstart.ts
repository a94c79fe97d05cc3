import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { readSeal } from '../key-files.ts';
import { writeErr } from '../output.ts';
import { loadSpecTexts } from '../spec-options.ts';
import { bundleTarget } from '../target.ts';
import { type CollectOptions, collectSpec } from './collect.ts';

/** A first bundle of this very host, over loopback alone: a port that answers, one that refuses, a name that cannot exist. */
export async function quickstart(options: CollectOptions): Promise<number> {
  const seal = await readSeal(options);
  const target = await bundleTarget(undefined, new Date(), {
    isEncrypted: seal.recipients.length > 0,
    isRedacted: options.redact,
  });
  const listener = createServer((socket) => socket.destroy());
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  try {
    const text = quickstartSpec(port, await refusedPort());
    await writeErr(`The spec of this quickstart:\n\n${text}\n`);
    const { spec } = await loadSpecTexts([{ file: 'quickstart.yaml', text }], options);
    if (spec === undefined) throw new Error('the spec of the quickstart does not load');
    return await collectSpec(spec, target, seal, options);
  } finally {
    listener.close();
  }
}

/** A port that was free a moment ago: nobody listens there. */
async function refusedPort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function quickstartSpec(open: number, refused: number): string {
  return `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata:
  name: quickstart
spec:
  hostCollectors:
    - tcpConnect: { collectorName: listener, address: "127.0.0.1:${open}", timeout: 2s }
    - tcpConnect: { collectorName: closed port, address: "127.0.0.1:${refused}", timeout: 2s }
    - tcpConnect: { collectorName: no such name, address: "quickstart.invalid:443", timeout: 2s }
  hostAnalyzers:
    - tcpConnect:
        checkName: A port that answers
        collectorName: listener
        outcomes:
          - warn: { when: "connected && latencyMs > 250", message: Connected, but slowly }
          - pass: { when: connected, message: Connected }
          - fail: { message: No connection }
    - tcpConnect:
        checkName: A port that nobody listens on
        collectorName: closed port
        outcomes:
          - pass: { when: connected, message: Connected }
          - warn: { when: connection-refused, message: Refused; start the service or correct the port }
          - fail: { message: No connection }
    - tcpConnect:
        checkName: A name that does not exist
        collectorName: no such name
        outcomes:
          - pass: { when: connected, message: Connected }
          - fail: { when: error, message: The name has no address, uri: "https://www.rfc-editor.org/rfc/rfc6761" }
          - warn: { when: connection-timeout, message: The name server did not answer }
`;
}
