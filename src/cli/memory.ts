import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Both halves of what V8 calls the new space. It begins with two megabytes, where `boot.ts` keeps it: left alone it grows to 32, and
 * ten thousand targets cost 40 MB of a troubled host's memory. With four it is nearly as fast.
 */
const enoughBytes = 4 * 2 ** 20;
const many = 256;
const lookedAfter = 32;

/** Called for each result: where there are many, the new space grows, once. */
export function createGrowth(): () => void {
  let results = 0;
  let isEnough = false;
  return () => {
    results++;
    if (isEnough || results < many || results % lookedAfter !== 0) return;
    const { space_size: size = enoughBytes } =
      getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space') ?? {};
    isEnough = size >= enoughBytes;
    setFlagsFromString(`--semi-space-growth-factor=${isEnough ? 1 : 2}`);
  };
}
