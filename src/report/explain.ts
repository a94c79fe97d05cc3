import type { Analyzer } from '../contract/analyzer.ts';
import type { Collector } from '../contract/collector.ts';
import type { ObjectSchema, Schema } from '../contract/schema.ts';
import type { Checks } from '../contract/spec.ts';
import type { Style } from './style.ts';

/** All types with their summaries. */
export function renderTypes({ collectors, analyzers }: Checks, style: Style): string {
  const rows = (items: readonly { type: string; summary: string }[]) => {
    const width = items.reduce((widest, { type }) => Math.max(widest, type.length), 0);
    return items.map(({ type, summary }) => `  ${type.padEnd(width)}  ${summary}`);
  };
  return `${[style.bold('Host collectors'), ...rows(collectors), '', style.bold('Host analyzers'), ...rows(analyzers), '', 'More on one: hostbundle explain TYPE; on what is masked: hostbundle explain redaction'].join('\n')}\n`;
}

interface Page {
  readonly type: string;
  readonly collector: Collector | undefined;
  readonly analyzer: Analyzer | undefined;
  readonly collectorParams: ObjectSchema | undefined;
  readonly analyzerParams: ObjectSchema | undefined;
}

/** What one type takes, writes and can say; with its example. Made from the declarations alone. */
export function renderPage({ type, collector, analyzer, collectorParams, analyzerParams }: Page, style: Style): string {
  const lines: string[] = [];
  if (collector !== undefined && collectorParams !== undefined) {
    lines.push(style.bold(`${type} collector`), collector.summary, '', 'Parameters', ...fields(collectorParams));
    const path = collector.output('[collectorName]');
    lines.push(
      '',
      `Writes ${path} (without collectorName: ${collector.output(collector.defaultName)})`,
      ...fieldsOf(collector.result),
      '',
    );
  }
  if (analyzer !== undefined && analyzerParams !== undefined) {
    lines.push(style.bold(`${type} analyzer`), analyzer.summary, '', 'Parameters', ...fields(analyzerParams));
    lines.push('', `"when" is ${analyzer.when}`, '');
  }
  const example = collector?.example ?? analyzer?.example ?? analyzer?.reads?.example;
  if (example !== undefined) lines.push('Example', '', example.trimEnd(), '');
  return `${lines.join('\n')}`;
}

function fieldsOf(schema: Schema): readonly string[] {
  return schema.type === 'object' ? fields(schema) : [`  ${schema.description}`];
}

function fields(schema: ObjectSchema, indent = '  '): readonly string[] {
  return Object.entries(schema.properties).flatMap(([key, value]) => {
    const required = schema.required?.includes(key) === true;
    const line = `${indent}${key}: ${kindOf(value)}${'default' in value && value.default !== undefined ? `, default ${value.default}` : required ? ', required' : ''}`;
    const below = value.type === 'array' ? value.items : value;
    const deeper =
      below.type === 'object' && Object.keys(below.properties).length > 0 ? fields(below, `${indent}  `) : [];
    return [line, `${indent}    ${value.description}`, ...deeper];
  });
}

function kindOf(schema: Schema): string {
  const orNull = 'nullable' in schema && schema.nullable === true ? ' or null' : '';
  if (schema.type === 'string') {
    if (schema.format === 'go-duration') return `duration such as 10s${orNull}`;
    return schema.enum === undefined ? `text${orNull}` : schema.enum.join(' | ') + orNull;
  }
  if (schema.type === 'integer' || schema.type === 'number') {
    const { minimum, maximum } = schema;
    const range =
      minimum !== undefined && maximum !== undefined
        ? ` ${minimum} to ${maximum}`
        : minimum !== undefined
          ? ` from ${minimum}`
          : '';
    return (schema.type === 'integer' ? 'whole number' : 'number') + range + orNull;
  }
  if (schema.type === 'array') return 'list of';
  return schema.type === 'boolean' ? `true or false${orNull}` : 'set of keys';
}
