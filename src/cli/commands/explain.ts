import { suggestion } from '../../contract/nearest.ts';
import { refusal } from '../../contract/problem.ts';
import { rules } from '../../redact/rules/rules.ts';
import { renderPage, renderTypes } from '../../report/explain.ts';
import { renderRules } from '../../report/explain-redaction.ts';
import { createStyle } from '../../report/style.ts';
import { analyzerSchema, collectorSchema } from '../../spec/items.ts';
import { checks } from '../checks.ts';
import { exitCodes } from '../exit.ts';
import { wantsColor, writeOut } from '../output.ts';

export async function explain(type: string | undefined): Promise<number> {
  const style = createStyle(wantsColor(process.stdout));
  if (type === undefined) {
    await writeOut(renderTypes(checks, style));
    return exitCodes.done;
  }
  if (type === 'redaction') {
    await writeOut(renderRules(rules, style));
    return exitCodes.done;
  }
  const collector = checks.collectors.find((candidate) => candidate.type === type);
  const analyzer = checks.analyzers.find((candidate) => candidate.type === type);
  if (collector === undefined && analyzer === undefined) {
    const known = [...new Set([...checks.collectors, ...checks.analyzers].map((check) => check.type)), 'redaction'];
    throw refusal('unknown-type', `there is no type "${type}"${suggestion(type, known)}`);
  }
  const collectorParams = collector === undefined ? undefined : collectorSchema(collector.params);
  const analyzerParams = analyzer === undefined ? undefined : analyzerSchema(analyzer.params);
  await writeOut(renderPage({ type, collector, analyzer, collectorParams, analyzerParams }, style));
  return exitCodes.done;
}
