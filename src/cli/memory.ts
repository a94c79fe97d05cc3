import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Some three thousand items. */
const largeSpec = 256 * 1024;
/**
 * Both halves of what V8 calls the new space. Left alone it grows to 32 megabytes while a large spec is read, and ten thousand
 * targets cost 40 MB more of a troubled host's memory; with four they are dialled nearly as fast.
 */
const enoughBytes = 4 * 2 ** 20;
const lookedAfter = 32;

/** As all flags of V8: of the whole process. */
let isBound = false;

/** Before a spec of that many characters is read: keeps the new space as it is, if that is a large one. */
export function boundNewSpace(characters: number): void {
  if (characters < largeSpec) return;
  isBound = true;
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** From now on what was bound may grow, up to there. To be called at each step of what takes much memory. */
export function letNewSpaceGrow(): () => void {
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
