import { defineAnalyzer, type Ruling, WhenError } from '../../contract/analyzer.ts';
import { limits } from '../../contract/limits.ts';
import type { Reading } from '../../contract/schema.ts';
import { renderTemplate } from '../../go/template/render.ts';
import { struct } from '../../go/template/value.ts';
import { networkNamespaceConnectivity } from './collector.ts';

type Judged = Reading<typeof networkNamespaceConnectivity.result>;

export const networkNamespaceConnectivityAnalyzer = defineAnalyzer({
  type: 'networkNamespaceConnectivity',
  title: 'Network Namespace Connectivity',
  summary: 'Judges whether a host passes packets on between two networks',
  params: { type: 'object', description: 'Nothing of its own', properties: {} },
  reads: networkNamespaceConnectivity,
  when: 'none is read: a pass is for success, a fail for anything else. A message is a template: {{ .FromCIDR }}, {{ .ToCIDR }}, {{ .ErrorMessage }}',
  evidence: ['success', 'from_cidr', 'to_cidr', 'forwarding', 'udpLatencyMs', 'tcpLatencyMs', 'udpCode', 'tcpCode'],
  condition(when) {
    throw new WhenError(`"${when}" is not looked at: a pass is for success, a fail for anything else; leave it out`);
  },
  rule(judged, outcomes) {
    const outcome = outcomes.find(({ severity }) => severity === (judged.success ? 'pass' : 'fail'));
    if (outcome === undefined) return [];
    const { severity, uri } = outcome;
    return [{ severity, message: rendered(outcome.message, judged), uri } satisfies Ruling];
  },
  advice({ success, forwarding, errors }) {
    if (success) return undefined;
    if (errors?.from_cidr_creation || errors?.to_cidr_creation) return 'run as root, with networks that are not in use';
    return forwarding === false
      ? 'whether this host is to forward packets (sysctl), and the FORWARD rules of its firewall'
      : 'the FORWARD rules of its firewall (nft list ruleset, iptables -S FORWARD)';
  },
});

/** A template that fails is still text; the verdict does not hang on it. */
function rendered(message: string, judged: Judged): string {
  try {
    return renderTemplate(message, dataOf(judged), { left: '{{', right: '}}', limits }).text;
  } catch {
    return message;
  }
}

const prefixes = [
  ['from_cidr_creation', "Failed to create 'from' namespace: "],
  ['to_cidr_creation', "Failed to create 'to' namespace: "],
  ['udp_client', 'UDP connection failed with: '],
  ['udp_server', 'UDP server failed with: '],
  ['tcp_client', 'TCP connection failed with: '],
  ['tcp_server', 'TCP server failed with: '],
] as const;

function dataOf({ from_cidr, to_cidr, success, errors, output }: Judged) {
  const texts = prefixes.map(([key, prefix]) => ({ prefix, text: errors?.[key] ?? '' }));
  const [FromCIDRCreation, ToCIDRCreation, UDPClient, UDPServer, TCPClient, TCPServer] = texts.map(({ text }) => text);
  return struct({
    FromCIDR: from_cidr,
    ToCIDR: to_cidr,
    Success: success,
    ErrorMessage: texts.map(({ prefix, text }) => (text === '' ? '' : `${prefix}${text}\n`)).join(''),
    Errors: struct({
      FromCIDRCreation: FromCIDRCreation ?? '',
      ToCIDRCreation: ToCIDRCreation ?? '',
      UDPClient: UDPClient ?? '',
      UDPServer: UDPServer ?? '',
      TCPClient: TCPClient ?? '',
      TCPServer: TCPServer ?? '',
    }),
    Output: struct({ Logs: output?.logs ?? [] }),
  });
}
