import { defineAnalyzer } from '../../contract/analyzer.ts';
import { numbersOf } from '../../contract/when.ts';
import { failureOf } from '../../net/advice.ts';
import { http } from './collector.ts';
import { type Numbers, parseExpression } from './expression.ts';

const params = { type: 'object', description: 'Nothing of its own', properties: {} } as const;

/** What a condition and a finding see. */
interface Judged {
  readonly failed: boolean;
  readonly error: string | null;
  readonly cause: string | null;
  readonly statusCode: number | null;
  readonly totalMs: number | null;
  readonly numbers: Numbers;
  /** Of a connection that could not be made; undefined otherwise. */
  readonly connection: string | undefined;
}

const variables = ['statusCode', ...numbersOf(http.result)];

export const httpAnalyzer = defineAnalyzer<typeof params, typeof http.result, object, Judged>({
  type: 'http',
  title: 'HTTP Request',
  summary: 'Judges how an HTTP server answered',
  params,
  reads: http,
  when: `error, when no answer came; else a condition on ${variables.join(', ')} with == != < <= > >=, in, && || !, arithmetic and parentheses, such as \`statusCode >= 200 && statusCode < 300\``,
  evidence: ['statusCode', 'error', 'cause', 'totalMs'],
  async refine({ response, error, cause, ...rest }) {
    const statusCode = response?.status ?? null;
    const numbers: Record<string, number | null> = { statusCode };
    for (const [name, value] of Object.entries(rest)) if (typeof value === 'number') numbers[name] = value;
    return {
      judged: {
        failed: error !== undefined && error !== null,
        error: error?.message ?? null,
        cause: cause ?? null,
        statusCode,
        totalMs: rest.totalMs ?? null,
        numbers,
        connection: failureOf(rest.hops?.at(-1)?.dial ?? {})?.sentence,
      },
    };
  },
  condition(when) {
    if (when.trim() === 'error') return ({ failed }) => failed;
    const holds = parseExpression(when, variables);
    return ({ statusCode, numbers }) => statusCode !== null && holds(numbers);
  },
  advice: ({ cause, connection }) => connection ?? (cause === null ? undefined : advice[cause]),
});

const advice: Readonly<Record<string, string>> = {
  'connection-refused':
    'Next: is the service running there, on this port, and bound to an address that can be reached?',
  'connection-timeout':
    'Next: is the host up, does a firewall drop the packets, and is there a proxy that must be used?',
  'address-refused': 'Next: find out who answers for that name, or write the address itself if it is meant.',
  'proxy-refused': "Next: the proxy's rules, and whether it wants credentials.",
  'handshake-timeout':
    'Failed at TLS: the handshake goes unanswered. Next: is the service overloaded, and do large packets get through (MTU)?',
  'handshake-failed': 'Failed at TLS. Next: versions of TLS, and whether the server wants a client certificate.',
  'not-tls':
    'Failed at TLS: what answers does not speak it. Next: write http, or the port on which the service speaks TLS.',
  'untrusted-certificate':
    'Failed at TLS: the certificate is not trusted. Next: dates and names of the certificate, the certificate store of this host, and whether a proxy on the way puts in its own.',
  'response-timeout':
    'Failed at the application: the connection stands, and the service does not answer. Next: its load and its log.',
  'body-timeout': 'Failed at the application: it began to answer and did not end. Next: its load and its log.',
  'bad-response': 'Failed at the application: its answer is no HTTP. Next: does this port speak HTTP, and is it https?',
  closed:
    'Failed at the application: it closed the connection. Next: the log of the service, and of what stands between.',
  'redirect-refused': 'Next: where the service sends its clients, and who answers in its place.',
  'too-many-redirects': 'Next: the redirects of the service, which lead in a circle.',
};
