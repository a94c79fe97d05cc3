import type { Verdict } from '../../contract/finding.ts';
import { formatHostPort } from '../../net/address.ts';
import type { Dialled } from '../../net/evidence.ts';
import { type Exchange, plainAddress } from '../../net/exchange.ts';
import type { Listened } from './collector.ts';

/** One end: a tcpConnect that wanted to exchange tokens. */
export type Dial = Dialled & { readonly exchange: Exchange | null };

/** The other: what a host saw while it listened, and the bundle that says so. */
export interface Listener {
  readonly bundle: string;
  readonly listened: Listened;
}

/** Where a connection was lost; `claim` is undefined where nothing can be said for certain, and `message` then says why. */
export interface Joined {
  readonly verdict: Verdict;
  readonly message: string;
}

/** What both ends together know of one dial; undefined where no listener has to do with it. */
export function join(dial: Dial, listeners: readonly Listener[]): Joined | undefined {
  const heard = dial.exchange?.heard ?? undefined;
  if (heard !== undefined) {
    for (const { bundle, listened } of listeners) {
      const arrival = listened.arrivals.find(({ token }) => token === heard.token);
      if (arrival !== undefined) return met(dial, arrival, bundle);
    }
  }
  const concerned = listeners.filter(({ listened }) => listened.ports.some(({ port }) => port === dial.port));
  if (concerned.length === 0) return undefined;
  const dialled = dialledAddresses(dial);
  const own = concerned.find(({ listened }) => dialled.some((address) => listened.addresses?.includes(address)));
  if (own === undefined) {
    const message = `${dialled.join(', ') || dial.address} is no address of a host that listened on port ${dial.port}`;
    return { verdict: 'unknown', message };
  }
  if (heard !== undefined) {
    const message = `somebody else answered: a hostbundle that listens, but not the one of ${own.bundle}`;
    return { verdict: 'fail', message };
  }
  return doubt(dial, own) ?? lost(dial, own);
}

type Arrival = Listened['arrivals'][number];

/** Our token came back, so this connection arrived. */
function met(dial: Dial, arrival: Arrival, bundle: string): Joined {
  const left = candidates(dial).find(({ status }) => status === 'connected');
  const leftFrom = formatHostPort(left?.localAddress ?? '?', left?.localPort ?? 0);
  const arrivedFrom = formatHostPort(arrival.remoteAddress, arrival.remotePort ?? 0);
  if (arrival.heardToken !== dial.exchange?.token) {
    const message = `lost after the greeting: ${bundle} was heard here, but did not hear what this host said then`;
    return { verdict: 'fail', message };
  }
  if (plainAddress(left?.localAddress ?? '') !== arrival.remoteAddress) {
    const message = `arrived at ${bundle} from another address: it left from ${leftFrom} and came from ${arrivedFrom}, so there is address translation (NAT) between the hosts`;
    return { verdict: 'warn', message };
  }
  return { verdict: 'pass', message: `arrived at ${bundle} from ${arrivedFrom}, and was answered` };
}

/** Why the listener cannot tell what became of this dial, if so. */
function doubt({ port, startedAt = '' }: Dial, { bundle, listened }: Listener): Joined | undefined {
  const place = listened.ports.find((candidate) => candidate.port === port);
  if (place?.listening !== true) {
    const why = place?.heldBy ?? place?.code ?? 'no reason given';
    return { verdict: 'unknown', message: `${bundle} could not listen on port ${port}: ${why}` };
  }
  const atMs = Date.parse(startedAt);
  const beginMs = Date.parse(listened.startedAt ?? '');
  const endMs = beginMs + (listened.durationMs ?? 0);
  if (atMs >= beginMs - clockMs && atMs <= endMs + clockMs) return undefined;
  const span = `${listened.startedAt} to ${Number.isNaN(endMs) ? '?' : new Date(endMs).toISOString()}`;
  return {
    verdict: 'unknown',
    message: `dialled at ${startedAt}, but ${bundle} listened from ${span}, each by its own clock`,
  };
}

/** By so much may two clocks differ. */
const clockMs = 30_000;

/** It carries no token, so it is told by where it came from, and no more is claimed than that shows. */
function lost(dial: Dial, { bundle, listened }: Listener): Joined {
  const { status, message: failure, cause } = dial;
  const tried = candidates(dial);
  const silent = listened.arrivals.filter(
    ({ port, heardToken }) => port === dial.port && (heardToken ?? null) === null,
  );
  const open = listened.halfOpen.filter(({ port }) => port === dial.port);
  if (status === 'connected') {
    const same = silent.find((arrival) =>
      tried.some(
        ({ localAddress, localPort }) => localAddress === arrival.remoteAddress && localPort === arrival.remotePort,
      ),
    );
    if (same !== undefined) return fail(`answer lost: it arrived at ${bundle}, whose greeting did not come back`);
    const elsewhere = [...new Set(silent.map(({ remoteAddress }) => remoteAddress))];
    if (elsewhere.length === 0) return fail(`somebody else answered: it connected, but nothing arrived at ${bundle}`);
    return fail(
      `either somebody else answered, or it arrived at ${bundle} from another address (${elsewhere.slice(0, 5).join(', ')}) whose greeting was lost`,
    );
  }
  if (status === 'connection-refused') {
    return fail(
      `never arrived: refused, though ${bundle} listened: a firewall there, or something between, answered for it`,
    );
  }
  if (tried.length === 0 || tried.every(({ durationMs }) => (durationMs ?? null) === null)) {
    return fail(`never left: ${failure ?? cause ?? status}`);
  }
  const from = [...new Set(open.map(({ remoteAddress }) => remoteAddress))];
  if (from.length > 0) {
    return fail(
      `answer lost: ${bundle} saw a connection from ${from.slice(0, 5).join(', ')} that stayed half open: it was asked for and answered, and the answer never came through`,
    );
  }
  return fail(`never arrived: ${bundle} listened and saw nothing of it`);
}

function fail(message: string): Joined {
  return { verdict: 'fail', message };
}

/** Of the last attempt, which decided. */
function candidates({ attempts = [] }: Partial<Dialled>) {
  return attempts.at(-1)?.candidates ?? [];
}

function dialledAddresses(dial: Dial): readonly string[] {
  return candidates(dial).map(({ address }) => address.replace(/%.*$/, ''));
}
