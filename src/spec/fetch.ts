import * as http from 'node:http';
import * as https from 'node:https';
import { refusal, SystemError, type UserError } from '../contract/problem.ts';

const redirects = 5;
const timeoutMs = 30_000;

/**
 * One GET over node:http(s), because global fetch decodes Brotli unasked (rule D0): at most `maxBytes` of body, 30 s for
 * all of it, at most 5 redirects and none from https to http. Anything but 200 is the user's mistake, told with its URL.
 */
export async function fetchText(address: string, maxBytes: number): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(timeoutMs);
  let url = new URL(address);
  for (let hop = 0; hop <= redirects; hop++) {
    const answer = await get(url, maxBytes, signal);
    if (answer instanceof Uint8Array) return answer;
    const next = new URL(answer.location, url);
    if (next.protocol !== 'https:' && (url.protocol === 'https:' || next.protocol !== 'http:')) {
      throw notFetched(address, `redirects to ${shown(next)}, which is not followed`);
    }
    url = next;
  }
  throw notFetched(address, `redirects more than ${redirects} times`);
}

function get(url: URL, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | { location: string }> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { agent: false, signal, headers: { 'accept-encoding': 'identity', accept: '*/*' } },
      (response) => {
        const status = response.statusCode ?? 0;
        const { location } = response.headers;
        if (status >= 300 && status < 400 && location !== undefined) {
          response.destroy();
          resolve({ location });
          return;
        }
        if (status !== 200) {
          response.destroy();
          reject(notFetched(url.href, `answered ${status} instead of a spec`));
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > maxBytes) {
            response.destroy();
            reject(notFetched(url.href, `more than the ${maxBytes} bytes that a spec may have`));
          }
        });
        response.on('error', reject);
        response.on('end', () => resolve(Buffer.concat(chunks)));
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const why = signal.aborted ? `no answer within ${timeoutMs / 1000}s` : (error.code ?? error.message);
      reject(new SystemError(`${shown(url)}: cannot be fetched (${why})`, { cause: error }));
    });
    outgoing.end();
  });
}

function notFetched(address: string, message: string): UserError {
  return refusal('not-fetched', message, { file: shown(new URL(address)) });
}

/** A URL without the password that it may carry. */
function shown(url: URL): string {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href;
}
