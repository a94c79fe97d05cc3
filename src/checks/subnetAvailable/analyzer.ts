import { defineAnalyzer } from '../../contract/analyzer.ts';
import { statusCondition, statusWhen } from '../../contract/when.ts';
import { subnetAvailable } from './collector.ts';

export const subnetAvailableAnalyzer = defineAnalyzer({
  type: 'subnetAvailable',
  title: 'Subnet Available',
  summary: 'Judges whether a subnet of the wanted size is free',
  params: { type: 'object', description: 'Nothing of its own', properties: {} },
  reads: subnetAvailable,
  when: statusWhen.replace('connected && latencyMs > 250', 'a-subnet-is-available && routes < 100'),
  evidence: ['status', 'CIDRRangeAlloc', 'desiredCIDR', 'subnet', 'message'],
  condition: (when) => statusCondition(when, subnetAvailable.result),
  advice({ status, CIDRRangeAlloc, desiredCIDR, blockers = [] }) {
    if (status !== 'no-subnet-available' || blockers.length === 0) return undefined;
    const some = blockers.slice(0, 3).join(', ') + (blockers.length > 3 ? ' and others' : '');
    return `No /${desiredCIDR} in ${CIDRRangeAlloc} is free of ${some}: name another range, a smaller subnet, or remove routes that are not needed`;
  },
});
