/**
 * P2: one changed bit in any byte of a signed tar of more than 64 KiB makes `verify --key` fail. Every bit of what no digest
 * covers, one bit of each byte of the rest. One in any byte of its gzip does so too, or what it unpacks to is the same. A count tries that many bytes alone, spread over the whole.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { bundled } from './bundled.js';

export const tiers = { ci: 1500 };
export const faults = ['keys'];

export async function prove({ count, fault, folder, log }) {
  const { keyPair, outcomeOf, signedTar } = await bundled('src/bundle/signed.fixture.ts', folder);
  const { privateKey, publicKey } = keyPair();
  const keys = fault === 'keys' ? [] : [publicKey];
  const bytes = signedTar(privateKey, 10_800);
  const content = bytes.indexOf('[0,1,2,');
  const contentEnd = bytes.indexOf(']', content);
  const failures = [];
  let changes = 0;
  if (bytes.length < 64 * 1024) failures.push(`the tar has only ${bytes.length} bytes`);
  if ((await outcomeOf(bytes, { keys })) !== 'sound') failures.push('the unchanged tar is not sound');
  const stride = count === 0 ? 1 : Math.max(1, bytes.length / count);
  for (let step = 0; Math.floor(step) < bytes.length; step += stride) {
    const at = Math.floor(step);
    const isCovered = at >= content && at <= contentEnd;
    for (let bit = isCovered ? at % 8 : 0; bit < (isCovered ? (at % 8) + 1 : 8); bit++) {
      bytes[at] ^= 1 << bit;
      const outcome = await outcomeOf(bytes, { keys });
      if (outcome === 'sound' || outcome === 'unverifiable') failures.push(`byte ${at}, bit ${bit}: ${outcome}`);
      bytes[at] ^= 1 << bit;
      changes++;
    }
  }
  const packed = gzipSync(bytes);
  const packedStride = count === 0 ? 1 : Math.max(1, packed.length / count);
  let harmless = 0;
  for (let step = 0; Math.floor(step) < packed.length; step += packedStride) {
    const at = Math.floor(step);
    packed[at] ^= 1 << (at % 8);
    const outcome = await outcomeOf(packed, { keys });
    if (outcome === 'sound' && gunzipSync(packed).equals(bytes)) harmless++;
    else if (outcome === 'sound' || outcome === 'unverifiable') failures.push(`byte ${at} of the gzip: ${outcome}`);
    packed[at] ^= 1 << (at % 8);
    changes++;
  }
  log(
    `${bytes.length} bytes of tar, ${packed.length} of gzip, ${changes} changes; ${harmless} in the gzip's header changed nothing`,
  );
  return failures;
}
