import { defineAnalyzer } from '../../contract/analyzer.ts';
import { conditionOf, numbersOf } from '../../contract/when.ts';
import { failureOf } from '../../net/advice.ts';
import { checkTcpConnection } from './collector.ts';
import { labelList, labels } from './labels.ts';

const errorStates = [...labelList.map(({ when }) => when), 'other'];

const words = new Map([
  ['success', new Set(['success'])],
  ['error', new Set(errorStates)],
  ...labelList.map(({ when }) => [when, new Set([when])] as const),
]);

const numbers = numbersOf(checkTcpConnection.result);

export const checkTcpConnectionAnalyzer = defineAnalyzer({
  type: 'checkTcpConnection',
  title: 'TCP Connection Check',
  summary: 'Judges what the check_tcp_connection plugin found',
  params: { type: 'object', description: 'Nothing of its own', properties: {} },
  reads: checkTcpConnection,
  when: `${[...words.keys()].join(', ')}; or comparisons of numbers with == != < <= > >=; joined by &&, such as \`success && response_time > 0.5\``,
  evidence: ['host', 'port', 'error', 'response_time', 'attempts', 'code', 'cause'],
  condition: (when) => conditionOf(when, { words, stateOf: (value) => stateOf(value), numbers }),
  verdict({ status, host, port, error, response_time: seconds, attempts }) {
    const place = `${host ?? 'the host'}, port ${port ?? 'unknown'}`;
    const tries = attempts === undefined || attempts === 1 ? '' : ` after ${attempts} attempts`;
    if (status === 'success') return { severity: 'pass', message: `Connected to ${place} in ${seconds} s` };
    return { severity: 'fail', message: `${error ?? 'No connection'}: ${place}${tries}` };
  },
  advice(result) {
    const { status, error, cause } = result;
    if (status === 'success') return undefined;
    const known =
      typeof cause === 'string' && Object.hasOwn(labels, cause) ? labels[cause as keyof typeof labels] : undefined;
    const label = known ?? labelList.find((candidate) => candidate.error === error);
    // What the plugin documents for this error, and behind it what was found on this very host.
    const found = failureOf(result)?.sentence;
    return [label?.advice, found].filter((part) => part !== undefined).join(' ') || undefined;
  },
});

/** The plugin's own files have no cause, only the words. */
function stateOf({ status, error }: Readonly<Record<string, unknown>>): string {
  if (status === 'success') return 'success';
  return labelList.find((label) => label.error === error)?.when ?? 'other';
}
