import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Some three thousand items. */
const largeSpec = 256 * 1024;
/**
 * Both halves of what V8 calls the new space. Left alone it grows to 32 megabytes while a large spec is read, and ten thousand
 * targets cost 40 MB more of a troubled host's memory; with four they are dialled nearly as fast.
 */
const enoughBytes = 4 * 2 ** 20;

/** As all flags of V8: of the whole process. */
let isBound = false;

/** Before a spec of that many characters is read, or gigabytes go by: keeps the new space as it is, if that is much. */
export function boundNewSpace(characters = Number.POSITIVE_INFINITY): void {
  if (characters < largeSpec) return;
  isBound = true;
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** The same where gigabytes go by. To be called with each piece. */
export function growNewSpaceLittle(): () => void {
  return letNewSpaceGrow(1);
}

/** From now on what was bound may grow, up to there. To be called at each step of what takes much memory. */
export function letNewSpaceGrow(lookedAfter = 32): () => void {
  let steps = 0;
  let isEnough = !isBound || hasEnough();
  if (!isEnough) setFlagsFromString('--semi-space-growth-factor=2');
  return () => {
    steps++;
    if (isEnough || steps % lookedAfter !== 0) return;
    isEnough = hasEnough();
    if (isEnough) setFlagsFromString('--semi-space-growth-factor=1');
  };
}

function hasEnough(): boolean {
  const newSpace = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return newSpace === undefined || newSpace.space_size >= enoughBytes;
}
