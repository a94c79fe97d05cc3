import { defineAnalyzer } from '../../contract/analyzer.ts';
import type { Infer, Reading } from '../../contract/schema.ts';
import { conditionOf, numbersOf } from '../../contract/when.ts';
import { failureOf } from '../../net/advice.ts';
import { peerSchema, type TlsProblem, tlsProblems } from '../../net/peer.ts';
import { tls } from './collector.ts';

const params = { type: 'object', description: 'Nothing of its own', properties: {} } as const;

/** The result with what the handshake told beside the rest, so that both can be compared. */
type Judged = Omit<Reading<typeof tls.result>, 'tls'> &
  Partial<Omit<NonNullable<Reading<typeof peerSchema>>, 'message'>> & { readonly objection: string | null };

const { enum: statuses } = tls.result.properties.status;
const numbers = [...numbersOf(tls.result), ...numbersOf(peerSchema)];
const flags = new Set<string>(['trusted', ...tlsProblems]);

export const tlsAnalyzer = defineAnalyzer<typeof params, typeof tls.result, Infer<typeof params>, Judged>({
  type: 'tls',
  title: 'TLS Handshake',
  summary: 'Judges how a TLS server answered, and its certificate',
  params,
  reads: tls,
  when: `a status (${statuses.join(', ')}); trusted, or what a strict client objects to (${tlsProblems.join(', ')}), of which several may hold; or comparisons of numbers with == != < <= > >=; joined by &&, such as \`connected && expiresInDays < 30\``,
  evidence: ['status', 'address', 'code', 'cause', 'protocol', 'cipher', 'expiresInDays', 'objection'],
  async refine({ tls: peer, ...rest }) {
    const { message, ...told } = peer ?? {};
    return { judged: { ...told, ...rest, objection: message ?? null } };
  },
  condition: (when) =>
    conditionOf(when, {
      words: new Map(statuses.map((word) => [word, new Set([word])])),
      stateOf: ({ status }) => status,
      numbers,
      flags,
      flagsOf: flagsOf,
    }),
  advice(judged) {
    const { status, problems = [] } = judged;
    const failure = failureOf(judged);
    if (failure !== undefined) return failure.sentence;
    const [worst] = problems;
    if (status === 'connected') return worst === undefined ? undefined : adviceOn[worst];
    return adviceAfter[status];
  },
});

function flagsOf({ status, problems }: Readonly<Record<string, unknown>>): readonly string[] {
  if (status !== 'connected' || !Array.isArray(problems)) return [];
  return problems.length === 0 ? ['trusted'] : problems;
}

const adviceOn: Readonly<Record<string, string>> = {
  expired: 'Next: renew the certificate on the server, or compare the clocks of both hosts.',
  'not-yet-valid': 'Next: compare the clocks of both hosts; this one may be behind.',
  'self-signed': 'Next: give the clients this certificate as trusted, or the server one that an authority has signed.',
  untrusted:
    'Next: is the authority in the certificate store of this host, does the server send its intermediate certificates, and does a proxy on the way put in its own?',
  'name-mismatch': 'Next: use a name that the certificate is for, or issue one that has this name.',
  revoked: 'Next: replace the certificate.',
  'weak-protocol': 'Next: enable TLS 1.2 or newer on the server.',
} satisfies Readonly<Record<TlsProblem, string>>;

const adviceAfter: Readonly<Record<string, string>> = {
  'connection-refused':
    'Next: is the service running there, on this port, and bound to an address that can be reached?',
  'connection-timeout': 'Next: is the host up, and does a firewall drop the packets?',
  'handshake-timeout':
    'Failed at TLS: the connection stands, and the handshake goes unanswered. Next: is the service overloaded or stopped, and do large packets get through (MTU)?',
  'handshake-failed':
    'Failed at TLS. Next: versions and ciphers of the server, whether it wants a client certificate, and what its log says.',
  'not-tls':
    'Failed at TLS: what answers does not speak it. Next: is this the right port, and does the service speak TLS there from the first byte?',
};
