import type { Sent } from './datagram.ts';

/** What an end of a connection between two network namespaces is told, as JSON on its command line. */
export interface EchoOrder {
  /** The server echoes; the client sends, and wants its words back. */
  readonly role: 'server' | 'client';
  /** Its own address, which it may get only after it was started. */
  readonly address: string;
  /** Whom a client asks. */
  readonly peer: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export interface EchoedTcp {
  readonly isEchoed: boolean;
  readonly latencyMs: number | null;
  readonly message: string;
  readonly code: string | null;
}

/** What it says, one line of JSON each. */
export type EchoEvent =
  | { readonly event: 'started'; readonly pid: number }
  | { readonly event: 'listening' }
  | { readonly event: 'unable'; readonly protocol: 'tcp' | 'udp'; readonly message: string }
  | { readonly event: 'arrived'; readonly protocol: 'tcp' | 'udp'; readonly from: string }
  | { readonly event: 'done'; readonly udp: Sent; readonly tcp: EchoedTcp };

/** Undefined for a line that is none of ours. */
export function parseEchoEvent(line: string): EchoEvent | undefined {
  try {
    return JSON.parse(line) as EchoEvent;
  } catch {
    return undefined;
  }
}
