import { defineAnalyzer } from '../../contract/analyzer.ts';
import { statusCondition, statusWhen } from '../../contract/when.ts';
import { failureOf } from '../../net/advice.ts';
import { tcpConnect } from './collector.ts';

export const tcpConnectAnalyzer = defineAnalyzer({
  type: 'tcpConnect',
  title: 'TCP Connection Attempt',
  summary: 'Judges how a TCP address answered',
  params: { type: 'object', description: 'Nothing of its own', properties: {} },
  reads: tcpConnect,
  when: statusWhen,
  evidence: ['status', 'address', 'latencyMs', 'code', 'cause'],
  advice: (result) => failureOf(result)?.sentence,
  condition: (when) => statusCondition(when, tcpConnect.result),
});
