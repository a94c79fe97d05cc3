import { defineAnalyzer } from '../../contract/analyzer.ts';
import { statusCondition, statusWhen } from '../../contract/when.ts';
import { balancerAdvice } from '../../net/balancing.ts';
import { httpLoadBalancer } from './collector.ts';

export const httpLoadBalancerAnalyzer = defineAnalyzer({
  type: 'httpLoadBalancer',
  title: 'HTTP Load Balancer',
  summary: 'Judges whether an HTTP load balancer passes requests on to this host',
  params: { type: 'object', description: 'Nothing of its own', properties: {} },
  reads: httpLoadBalancer,
  when: statusWhen,
  evidence: [
    'status',
    'address',
    'dialAddress',
    'reachedFrom',
    'lastTry',
    'httpStatus',
    'answer',
    'latencyMs',
    'code',
    'message',
  ],
  condition: (when) => statusCondition(when, httpLoadBalancer.result),
  advice: balancerAdvice,
});
