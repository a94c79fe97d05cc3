import { isIP } from 'node:net';
import { defineCollector, type Host } from '../../contract/collector.ts';
import type { ObjectSchema, Written } from '../../contract/schema.ts';
import { formatHostPort, hostMistake } from '../../net/address.ts';
import { type RecordType, recordTypes } from '../../net/dns-message.ts';
import { type Asked, askServer } from '../../net/dns-query.ts';
import { routeFrom } from '../../net/explain.ts';
import { routeSchema } from '../../net/explanation-schema.ts';
import { parseResolvConf, queryNames, searchOf } from '../../net/resolv-conf.ts';
import example from './example.yaml';

const params = {
  type: 'object',
  description: 'Asks every name server of this host for names, with and without its search domains',
  required: ['hostnames'],
  properties: {
    hostnames: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      description: 'What to ask for; `*` finds search domains that answer to any name; a final dot leaves them out',
      items: { type: 'string', minLength: 1, description: 'Host name, relative or absolute' },
    },
  },
} as const satisfies ObjectSchema;

const askedSchema = {
  type: 'object',
  description: 'One question and what came of it',
  properties: {
    type: { type: 'string', enum: ['A', 'AAAA', 'CNAME'], description: 'What was asked for' },
    responseCode: { type: 'string', nullable: true, description: 'As NOERROR or NXDOMAIN; null without an answer' },
    error: {
      type: 'string',
      nullable: true,
      description: 'Why no answer came: ETIMEOUT, ECONNREFUSED and other codes of the system, EBADRESP, EBADNAME',
    },
    answers: { type: 'array', description: 'All records', items: { type: 'string', description: 'A zone file line' } },
    transport: { type: 'string', enum: ['udp', 'tcp'], description: 'tcp where the answer was too long for UDP' },
    source: {
      type: 'string',
      nullable: true,
      description:
        'Own address from which it was asked, as the kernel chose it (getsockname); null where there was no way',
    },
    durationMs: { type: 'number', description: 'How long it took, a second try included, in milliseconds' },
  },
} as const satisfies ObjectSchema;

const entrySchema = {
  type: 'object',
  description: 'One name at one server',
  properties: {
    server: { type: 'string', description: 'Address and port of the name server' },
    route: {
      ...routeSchema,
      description:
        'The route to it, by longest prefix in the main table, which is read once for a run; null without one, and for addresses of this host',
    },
    search: { type: 'string', description: 'Search domain that made it answer; empty without one, or an answer' },
    name: { type: 'string', description: 'What was asked for, with its final dot' },
    answer: { type: 'string', description: 'First record of the first question that was answered; empty without one' },
    record: { type: 'string', description: 'Its address or name, where it is of the type that was asked for' },
    asked: { type: 'array', description: 'A, then AAAA, then CNAME, until one has an answer', items: askedSchema },
  },
} as const satisfies ObjectSchema;

type Entry = Written<typeof entrySchema>;

const result = {
  type: 'object',
  description: 'What the name servers of /etc/resolv.conf answered; the hosts file is not looked at',
  required: ['query', 'resolvedFromSearch'],
  properties: {
    query: {
      type: 'object',
      description: 'By host name as in the spec',
      properties: {},
      values: { type: 'array', description: 'Each name and server, in the order of asking', items: entrySchema },
    },
    resolvedFromSearch: { type: 'string', description: 'Search domains that made a name answer, joined by commas' },
    message: { type: 'string', description: 'Why nobody was asked; empty where somebody was' },
  },
} as const satisfies ObjectSchema;

const file = '/etc/resolv.conf';
const atOnce = 32;
const totalMs = 40_000;
/** Longer than one name at one server can take. */
const lastMs = 20_000;

export const dns = defineCollector({
  type: 'dns',
  title: 'dns',
  summary: 'What every name server of this host answers, search domains included',
  example,
  params,
  result,
  defaultName: 'dns',
  output: (name) => `host-collectors/dns/${name.replaceAll(' ', '_')}/result.json`,
  prepare(params) {
    const doubts = params.hostnames.flatMap((hostname, index) => {
      const mistake = hostMistake(hostname.replace(/^\*(\.|$)/, 'any$1').replace(/(?<=.)\.$/, ''));
      return mistake === undefined ? [] : { path: `hostnames/${index}`, message: `has no host name: ${mistake}` };
    });
    return { params, doubts };
  },
  deadlineMs: () => totalMs + lastMs,
  load: 'network',
  render: (value) => JSON.stringify(value, null, 2),
}).collect(async ({ hostnames }, host) => {
  let text: string;
  try {
    text = await host.readText(file);
  } catch (error) {
    host.signal.throwIfAborted();
    const message = `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { result: { query: {}, resolvedFromSearch: '', message }, complaint: message };
  }
  const files = new Map([['resolv.conf', text]]);
  const configuration = parseResolvConf(text);
  const { servers } = configuration;
  const questions = [...new Set(hostnames)].flatMap((hostname) =>
    queryNames(hostname, configuration).flatMap((name) => servers.map((server) => ({ hostname, name, server }))),
  );
  const entries = await askAll(questions, host);
  const query = Object.fromEntries(hostnames.map((hostname): [string, Entry[]] => [hostname, []]));
  for (const [index, { hostname }] of questions.entries()) {
    const entry = entries[index];
    if (entry !== undefined) query[hostname]?.push(entry);
  }
  const resolved = new Set(entries.flatMap((entry) => entry?.search || []));
  const left = questions.length - entries.filter((entry) => entry !== undefined).length;
  return {
    result: {
      query,
      resolvedFromSearch: [...resolved].join(', '),
      message: servers.length === 0 ? `${file} names no name server` : '',
    },
    files,
    ...(left > 0 && { partial: `${left} of ${questions.length} questions were not answered in time` }),
  };
});

interface Question {
  readonly hostname: string;
  readonly name: string;
  readonly server: string;
}

/** A few at once; those for which there is no time left stay undefined. */
async function askAll(questions: readonly Question[], host: Host): Promise<readonly (Entry | undefined)[]> {
  const endsMs = performance.now() + totalMs;
  const entries: (Entry | undefined)[] = questions.map(() => undefined);
  let next = 0;
  const worker = async () => {
    while (next < questions.length && performance.now() < endsMs) {
      const index = next++;
      try {
        entries[index] = await ask(questions[index] as Question, host);
      } catch (error) {
        if (!host.signal.aborted) throw error;
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, questions.length) }, worker));
  if (entries.every((entry) => entry === undefined)) host.signal.throwIfAborted();
  return entries;
}

async function ask({ hostname, name, server }: Question, host: Host): Promise<Entry> {
  const all: Asked[] = [];
  for (const type of Object.keys(recordTypes) as RecordType[]) {
    const asked = await askServer(server, name, type, host.signal);
    all.push(asked);
    const [first] = asked.records;
    if (first === undefined) continue;
    const record = first.type === recordTypes[type] ? (first.value ?? '') : '';
    return entryOf({ search: searchOf(name, hostname), answer: first.line, record });
  }
  return entryOf({ search: '', answer: '', record: '' });

  async function entryOf({ search, answer, record }: Pick<Entry, 'search' | 'answer' | 'record'>): Promise<Entry> {
    const asked = all.map(({ type, responseCode, error, records, transport, source, durationMs }) => {
      return { type, responseCode, error, answers: records.map(({ line }) => line), transport, source, durationMs };
    });
    const place = isIP(server) === 0 ? `${server}:53` : formatHostPort(server, 53);
    const route = (isIP(server) !== 0 && (await routeFrom(all[0]?.source ?? null, server, host))) || null;
    return { server: place, route, search, name, answer, record, asked };
  }
}
