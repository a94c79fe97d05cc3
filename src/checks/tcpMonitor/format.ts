import type { KeyPath, SpecFormat } from '../../contract/format.ts';
import { tcpMonitor } from './collector.ts';

type Item = Readonly<Record<string, unknown>>;

/** Of Kener's monitor, for its pages and its schedule: nothing that a bundle needs. */
const display = [
  'id',
  'description',
  'image',
  'external_url',
  'cron',
  'category_name',
  'page_name',
  'status',
  'default_status',
  'monitor_settings_json',
  'is_hidden',
  'include_degraded_in_downtime',
  'confirmation_threshold',
  'day_degraded_minimum_count',
  'day_down_minimum_count',
  'created_at',
  'updated_at',
];
const own = ['tag', 'name', 'type', 'monitor_type', 'type_data', 'eval', 'samples', 'interval'];

/** A monitor as Kener's editor shows it. */
export const monitorItem: SpecFormat = {
  name: 'Kener TCP monitor',
  schema: {
    type: 'object',
    description: 'A monitor of Kener; what is only for its pages and its schedule is left alone',
    required: ['tag', 'type_data'],
    properties: {
      tag: { type: 'string', description: 'Key of the monitor, and the name of its file' },
      name: { type: 'string', description: 'Title of the finding' },
      type: { type: 'string', description: 'TCP; others are left alone' },
      type_data: {
        type: 'object',
        description: 'What is probed',
        required: ['hosts'],
        properties: {
          ...tcpMonitor.params.properties,
          tcpEval: { type: 'string', description: 'JavaScript function that gives status and latency' },
        },
      },
    },
  },
  hint: 'tag, name, type: TCP and type_data',
  adopt(item) {
    const kind = item['type'] ?? item['monitor_type'];
    if (typeof kind !== 'string' || 'kind' in item || !('tag' in item || 'type_data' in item)) return undefined;
    const { tag } = item;
    const called = typeof tag === 'string' && tag !== '' ? `"${tag}"` : 'this monitor';
    if (kind.toUpperCase() !== 'TCP')
      return { skip: `${called}: monitors of type ${kind} are not known here, only TCP` };
    return adoptMonitor(item);
  },
};

function adoptMonitor(item: Item) {
  const { tag, name } = item;
  const data = isRecord(item['type_data']) ? item['type_data'] : undefined;
  const isTagged = typeof tag === 'string' && tag !== '';
  const evalPath: KeyPath =
    data?.['tcpEval'] !== undefined
      ? ['type_data', 'tcpEval']
      : data?.['eval'] !== undefined
        ? ['type_data', 'eval']
        : ['eval'];
  const source = data?.['tcpEval'] ?? data?.['eval'] ?? item['eval'];
  // Kener only schedules a monitor that is active.
  const exclude = item['status'] === 'INACTIVE' ? { exclude: true } : {};
  const mistakes = [
    ...(isTagged ? [] : [error('tag', '"tag" is missing: the key of the monitor, and the name of its file')]),
    ...(data === undefined ? [error('type_data', '"type_data" must be a set of keys with hosts')] : []),
    ...Object.keys(item)
      .filter((key) => !own.includes(key) && !display.includes(key))
      .map((key) => warning(key)),
    ...Object.keys(data ?? {})
      .filter((key) => !['hosts', 'tcpEval', 'eval', 'samples', 'interval'].includes(key))
      .map((key) => warning(`type_data/${key}`)),
  ];
  return {
    type: 'tcpMonitor',
    collector: {
      collectorName: tag,
      ...exclude,
      ...(data?.['hosts'] !== undefined && { hosts: hostsOf(data['hosts']) }),
      ...picked('samples', data, item),
      ...picked('interval', data, item),
    },
    analyzer: {
      checkName: typeof name === 'string' && name !== '' ? name : tag,
      collectorName: tag,
      ...exclude,
      ...(source !== undefined && source !== null && source !== '' && { eval: source }),
    },
    locate: (path: KeyPath): KeyPath => {
      const [first] = path;
      if (first === 'collectorName') return ['tag'];
      if (first === 'checkName') return ['name'];
      if (first === 'exclude') return ['status'];
      if (first === 'eval') return evalPath;
      if (first === undefined) return [];
      return data !== undefined && first in data
        ? ['type_data', ...path]
        : first === 'hosts'
          ? ['type_data', ...path]
          : path;
    },
    mistakes,
  };
}

function picked(key: string, data: Item | undefined, item: Item): Item {
  const value = data?.[key] ?? item[key];
  return value === undefined ? {} : { [key]: value };
}

/** Its forms store numbers as text. */
function hostsOf(hosts: unknown): unknown {
  if (!Array.isArray(hosts)) return hosts;
  return hosts.map((host: unknown) => {
    if (!isRecord(host)) return host;
    const copy: Record<string, unknown> = { ...host };
    for (const key of ['port', 'timeout']) {
      const value = copy[key];
      if (typeof value === 'string' && /^\d{1,9}$/.test(value)) copy[key] = Number(value);
    }
    return copy;
  });
}

function error(path: string, message: string) {
  return { severity: 'error', path, message } as const;
}

function warning(path: string) {
  return { severity: 'warning', path, message: `unknown key "${path.split('/').at(-1)}"` } as const;
}

function isRecord(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
