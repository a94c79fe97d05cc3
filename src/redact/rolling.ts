/** What is left of what went by, and what came since, in one buffer that is used again: a gigabyte passes through a few hundred KiB. */
export interface Rolling {
  /** Valid until the next `append`, as every part of it is. */
  readonly bytes: Buffer;
  /** The piece is only lent. */
  append(piece: Uint8Array): void;
  /** Lets go of so many from its beginning. */
  drop(count: number): void;
}

/** `usual`: how many bytes it holds as a rule; it grows where that is not enough. */
export function createRolling(usual: number): Rolling {
  let room: Buffer = Buffer.alloc(0);
  let start = 0;
  let end = 0;
  return {
    get bytes() {
      return room.subarray(start, end);
    },
    append(piece) {
      if (end + piece.length > room.length) {
        const size = end - start + piece.length;
        const target = size > room.length ? Buffer.allocUnsafeSlow(Math.max(2 * size, usual)) : room;
        room.copy(target, 0, start, end);
        room = target;
        end -= start;
        start = 0;
      }
      room.set(piece, end);
      end += piece.length;
    },
    drop(count) {
      start += count;
    },
  };
}
