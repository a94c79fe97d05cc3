import { defineAnalyzer, WhenError } from '../../contract/analyzer.ts';
import { ipv4Interfaces } from './collector.ts';

interface Judged {
  readonly count: number;
  readonly names: string;
}

const params = { type: 'object', description: 'Nothing of its own', properties: {} } as const;

const comparisons: Readonly<Record<string, (count: number, wanted: number) => boolean>> = {
  '<': (count, wanted) => count < wanted,
  '<=': (count, wanted) => count <= wanted,
  '>': (count, wanted) => count > wanted,
  '>=': (count, wanted) => count >= wanted,
  '=': (count, wanted) => count === wanted,
  '==': (count, wanted) => count === wanted,
  '===': (count, wanted) => count === wanted,
  '!=': (count, wanted) => count !== wanted,
};

export const ipv4InterfacesAnalyzer = defineAnalyzer<typeof params, typeof ipv4Interfaces.result, object, Judged>({
  type: 'ipv4Interfaces',
  title: 'IPv4 Interfaces',
  summary: 'Judges how many interfaces of a host are up and have an IPv4 address',
  params,
  reads: ipv4Interfaces,
  async refine(interfaces) {
    const names = (interfaces ?? []).map(({ Name }) => Name);
    return { judged: { count: names.length, names: names.join(', ') } };
  },
  when: '`count`, one of < <= > >= = == === !=, and a whole number, such as `count >= 2`',
  evidence: ['count', 'names'],
  condition(when) {
    const [keyword = '', operator = '', literal = '', ...more] = when.trim().split(/\s+/);
    const compare = Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined;
    const wanted = /^[+-]?\d+$/.test(literal) ? Number(literal) : undefined;
    if (keyword !== 'count' || compare === undefined || wanted === undefined || more.length > 0) {
      throw new WhenError(`"${when}" is no condition of this check; write one like \`count >= 2\``);
    }
    return ({ count }) => compare(count, wanted);
  },
  advice({ count }) {
    if (count > 0) return undefined;
    return 'No interface besides loopback is up with an IPv4 address: see `ip address`, and whether DHCP or the network service failed';
  },
});
