const startsATurn = 16;
const waiting: (() => void)[] = [];

/**
 * Resolves when it is one's turn to start: a few in each turn of the event loop. A thousand handshakes begun at once
 * would all be measured as slow, because their answers lie unread until the last of them has begun.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(startSome);
  });
}

function startSome(): void {
  for (const start of waiting.splice(0, startsATurn)) start();
  if (waiting.length > 0) setImmediate(startSome);
}
