/** IFF_ of Linux, and what Go calls them: net.Flags. */
const goFlags: readonly (readonly [linux: number, go: number])[] = [
  [0x1, 1],
  [0x2, 2],
  [0x8, 4],
  [0x10, 8],
  [0x1000, 16],
];
const goRunning = 32;

/** Of /sys/class/net/NAME/flags, which lacks what the kernel derives from operstate: whether it runs. */
export function flagsOf(hex: string, operstate: string): number {
  const linux = /^0x[\da-f]{1,8}$/i.test(hex) ? Number(hex) : 0;
  const flags = goFlags.reduce((sum, [from, to]) => ((linux & from) === 0 ? sum : sum + to), 0);
  const runs = (flags & 1) !== 0 && (operstate === 'up' || operstate === 'unknown');
  return runs ? flags + goRunning : flags;
}

/** ARPHRD_ of tunnels, whose hardware address is the IP address of an end. */
const tunnels = new Set([768, 769, 776, 778, 823]);

/** Of /sys/class/net/NAME/address in base64, as Go's encoding/json writes bytes; null where Go has none. */
export function hardwareOf(address: string, type: number): string | null {
  if (!/^[\da-f]{2}(:[\da-f]{2})*$/i.test(address) || /^[0:]*$/.test(address)) return null;
  const bytes = Buffer.from(address.replaceAll(':', ''), 'hex');
  return tunnels.has(type) && (bytes.length === 4 || bytes.length === 16) ? null : bytes.toString('base64');
}
