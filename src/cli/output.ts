/** Writing to stdout and stderr: complete through a slow pipe, quiet when the reader has gone (rule O6). */

export function writeOut(content: string | Uint8Array): Promise<void> {
  return write(process.stdout, content);
}

export function writeErr(text: string): Promise<void> {
  return write(process.stderr, text);
}

function write(stream: NodeJS.WriteStream, content: string | Uint8Array): Promise<void> {
  if (content.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    stream.write(content, (error) => {
      if (error === null || error === undefined || gone(error)) resolve();
      else reject(error);
    });
  });
}

/** A reader that closes its end early (`| head`) is no failure of ours. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!gone(error)) throw error;
    });
  }
}

function gone(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

/** Colour and moving progress only on a terminal that wants them (https://no-color.org). */
export function wantsColor(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}
