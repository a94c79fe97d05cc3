import { defineAnalyzer } from '../../contract/analyzer.ts';
import { statusCondition, statusWhen } from '../../contract/when.ts';
import { balancerAdvice } from '../../net/balancing.ts';
import { tcpLoadBalancer } from './collector.ts';

export const tcpLoadBalancerAnalyzer = defineAnalyzer({
  type: 'tcpLoadBalancer',
  title: 'TCP Load Balancer',
  summary: 'Judges whether a TCP load balancer passes connections on to this host',
  params: { type: 'object', description: 'Nothing of its own', properties: {} },
  reads: tcpLoadBalancer,
  when: statusWhen,
  evidence: ['status', 'address', 'dialAddress', 'reachedFrom', 'lastTry', 'answer', 'latencyMs', 'code', 'message'],
  condition: (when) => statusCondition(when, tcpLoadBalancer.result),
  advice: balancerAdvice,
});
