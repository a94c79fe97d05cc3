import { defineAnalyzer } from '../../contract/analyzer.ts';
import { statusCondition, statusWhen } from '../../contract/when.ts';
import { udpPortStatus } from './collector.ts';

export const udpPortStatusAnalyzer = defineAnalyzer({
  type: 'udpPortStatus',
  title: 'UDP Port Status',
  summary: 'Judges whether a UDP port of this host is free',
  params: { type: 'object', description: 'Nothing of its own', properties: {} },
  reads: udpPortStatus,
  when: statusWhen,
  evidence: ['status', 'listenAddress', 'lastTry', 'latencyMs', 'code', 'message'],
  condition: (when) => statusCondition(when, udpPortStatus.result),
});
