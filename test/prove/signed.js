/**
 * P2: one changed bit in any byte of a signed tar of more than 64 KiB makes `verify --key` fail. Every bit of what no digest
 * covers, one bit of each byte of the rest.
 *
 * PROVE_BREAK=keys looks without the key, and must turn it red.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'hostbundle-signed-'));
try {
  const { keyPair, outcomeOf, signedTar } = await fixture();
  const { privateKey, publicKey } = keyPair();
  const keys = process.env.PROVE_BREAK === 'keys' ? [] : [publicKey];
  const bytes = signedTar(privateKey, 10_800);
  const content = bytes.indexOf('[0,1,2,');
  const contentEnd = bytes.indexOf(']', content);
  const unseen = [];
  let changes = 0;
  if ((await outcomeOf(bytes, { keys })) !== 'sound') throw new Error('the unchanged tar is not sound');
  for (let at = 0; at < bytes.length; at++) {
    const isCovered = at >= content && at <= contentEnd;
    for (let bit = isCovered ? at % 8 : 0; bit < (isCovered ? (at % 8) + 1 : 8); bit++) {
      bytes[at] ^= 1 << bit;
      const outcome = await outcomeOf(bytes, { keys });
      if (outcome === 'sound' || outcome === 'unverifiable') unseen.push(`byte ${at}, bit ${bit}: ${outcome}`);
      bytes[at] ^= 1 << bit;
      changes++;
    }
  }
  for (const line of unseen.slice(0, 20)) process.stdout.write(`${line}\n`);
  process.stdout.write(`${bytes.length} bytes, ${changes} changes, ${unseen.length} not found out\n`);
  if (bytes.length < 64 * 1024 || unseen.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What the tests use, bundled, because it is TypeScript. */
async function fixture() {
  const outfile = join(folder, 'fixture.mjs');
  await build({
    entryPoints: [resolve(import.meta.dirname, '../../src/bundle/signed.fixture.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  return import(pathToFileURL(outfile).href);
}
