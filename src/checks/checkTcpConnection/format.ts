import type { SpecFormat } from '../../contract/format.ts';
import { checkTcpConnection } from './collector.ts';

const plugin = 'check_tcp_connection';

/** An item of an automation list: `name`, `plugin`, `parameters`. */
export const pluginItem: SpecFormat = {
  name: `${plugin} item`,
  schema: {
    type: 'object',
    description: 'A check of an automation list',
    required: ['name', 'plugin', 'parameters'],
    properties: {
      name: { type: 'string', description: 'What the check is called' },
      plugin: { type: 'string', enum: [plugin], description: 'Which plugin runs; others are left alone' },
      parameters: checkTcpConnection.params,
    },
  },
  hint: `name, plugin: ${plugin} and parameters`,
  adopt(item) {
    if (typeof item['plugin'] !== 'string' || 'kind' in item) return undefined;
    const called = typeof item['name'] === 'string' ? `"${item['name']}"` : 'this item';
    if (item['plugin'] !== plugin) return { skip: `${called}: plugin ${item['plugin']} is none that is known here` };
    const { name, parameters } = item;
    const isNamed = typeof name === 'string' && name !== '';
    const collectorName = isNamed ? { collectorName: name } : {};
    const isSet = typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters);
    const unknown = Object.keys(item).filter((key) => !['name', 'plugin', 'parameters'].includes(key));
    return {
      type: 'checkTcpConnection',
      collector: { ...(isSet ? parameters : {}), ...collectorName },
      analyzer: { ...(isNamed && { checkName: name }), ...collectorName },
      locate: (path) => (path[0] === 'collectorName' || path[0] === 'checkName' ? ['name'] : ['parameters', ...path]),
      mistakes: [
        ...(isNamed
          ? []
          : [{ severity: 'error', path: 'name', message: '"name" is missing: what the check is called' } as const]),
        ...(isSet
          ? []
          : [
              {
                severity: 'error',
                path: 'parameters',
                message: '"parameters" must be a set of keys with host and port',
              } as const,
            ]),
        ...unknown.map((key) => ({ severity: 'warning', path: key, message: `unknown key "${key}"` }) as const),
      ],
    };
  },
};
