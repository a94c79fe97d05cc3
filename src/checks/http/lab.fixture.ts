import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Address } from '../../contract/collector.ts';
import { type Authority, createAuthority } from '../../net/certificates.fixture.ts';
import { cleanUp, misfits } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { closeServers } from '../../net/servers.fixture.ts';
import { http } from './collector.ts';

/** Whom the host of these tests trusts, and whom it does not. */
export let authority: Authority;
export let stranger: Authority;
export const names = 'DNS:a.test,IP:127.0.0.1,IP:::1';
export const here: readonly Address[] = [{ address: '127.0.0.1', family: 4 }];

/** To be called once in each file of tests. */
export function openLab(): void {
  beforeAll(async () => {
    [authority, stranger] = await Promise.all([createAuthority(), createAuthority()]);
  }, 60_000);
  afterAll(async () => {
    await closeServers();
    await cleanUp();
  });
}

export interface Lab {
  readonly environment?: Readonly<Record<string, string>>;
  readonly names?: Readonly<Record<string, readonly Address[] | string | null>>;
}

/** On a host that trusts the authority of this test, and nobody else. */
export async function send(params: Readonly<Record<string, Readonly<Record<string, unknown>>>>, lab: Lab = {}) {
  const [[method = '', asked] = []] = Object.entries(params);
  const prepared = http.prepare?.({ [method]: { timeout: '5s', insecureSkipVerify: false, ...asked } } as never);
  if (prepared === undefined || 'mistakes' in prepared) throw new Error(JSON.stringify(prepared));
  const environment = { SSL_CERT_FILE: authority.certificatePath, ...lab.environment };
  const host = labHost({ 'a.test': here, 'b.test': here, ...lab.names }, undefined, environment);
  const { result } = await http.collect(prepared.params, host);
  expect(misfits(http.result, result)).toEqual([]);
  const text = http.render?.(result) ?? '';
  // What is written is read again as the same.
  expect(http.parse?.(text, JSON.parse)).toEqual(JSON.parse(text));
  expect(Object.keys(result)[0]).toBe(result.error === undefined ? 'response' : 'error');
  return { ...result, text };
}

export const get = (url: string, more: Readonly<Record<string, unknown>> = {}, lab: Lab = {}) =>
  send({ get: { url, ...more } }, lab);

/** Answers with what it was asked. */
export const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('error', () => {}).on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers } = request;
    const body = Buffer.concat(chunks).toString();
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ method, url, headers, body }));
  });
};
