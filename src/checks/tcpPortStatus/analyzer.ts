import { defineAnalyzer } from '../../contract/analyzer.ts';
import { statusCondition, statusWhen } from '../../contract/when.ts';
import { tcpPortStatus } from './collector.ts';

export const tcpPortStatusAnalyzer = defineAnalyzer({
  type: 'tcpPortStatus',
  title: 'TCP Port Status',
  summary: 'Judges whether a TCP port of this host is free and reachable',
  params: { type: 'object', description: 'Nothing of its own', properties: {} },
  reads: tcpPortStatus,
  when: statusWhen,
  evidence: ['status', 'dialAddress', 'latencyMs', 'code', 'message'],
  condition: (when) => statusCondition(when, tcpPortStatus.result),
});
