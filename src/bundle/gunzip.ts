import { createGunzip, type Gunzip } from 'node:zlib';
import type { Refuse } from './refusal.ts';
import { isZero } from './sniff.ts';

/** Some chunks ahead, so that unpacking and parsing run side by side. */
const options = { chunkSize: 64 * 1024, highWaterMark: 512 * 1024 };

/** What the pieces unpack to, member after member; refuses what follows the last unless it is zeros. */
export async function* gunzip(pieces: AsyncIterable<Buffer>, refuse: Refuse): AsyncGenerator<Buffer> {
  const unzip = createGunzip(options);
  // Without a listener an error between two reads would end the process; the loop below sees it all the same.
  unzip.on('error', () => {});
  const feeding = feed(pieces, unzip, refuse);
  feeding.catch((error: Error) => unzip.destroy(error));
  try {
    for await (const chunk of unzip) yield chunk;
    await feeding;
  } finally {
    unzip.destroy();
  }
}

/**
 * zlib stops without a word at a zero byte behind a member and ignores all that follows, so each piece is waited for
 * and its unread rest is looked at here.
 */
async function feed(pieces: AsyncIterable<Buffer>, unzip: Gunzip, refuse: Refuse): Promise<void> {
  let fed = 0;
  let ended = false;
  for await (const piece of pieces) {
    if (ended) {
      refuseGarbage(piece, refuse);
      continue;
    }
    if (!(await write(unzip, piece))) return;
    fed += piece.length;
    const unread = fed - unzip.bytesWritten;
    ended = unread > 0;
    if (ended) refuseGarbage(piece.subarray(piece.length - unread), refuse);
  }
  if (!ended) unzip.end();
}

/** Whether the piece was taken: a stream that failed or was given up never calls back, it only closes. */
function write(unzip: Gunzip, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    if (unzip.destroyed) resolve(false);
    const onClose = () => resolve(false);
    unzip.once('close', onClose);
    unzip.write(piece, (error) => {
      unzip.off('close', onClose);
      resolve(!error);
    });
  });
}

function refuseGarbage(bytes: Buffer, refuse: Refuse): void {
  if (isZero(bytes)) return;
  throw refuse('trailing-data', 'data follows the end of the gzip data; other readers may read it');
}
