/**
 * Recall on others' strings: the examples of secret scanners' own rules, of which how many does a rule of ours find. PROVE_TOKENS names
 * a folder of rule files in YAML (`rules: [{ examples, negative_examples, categories }]`), as Nosey Parker and Kingfisher have them.
 * Only numbers are told; PROVE_SHOW=1 shows what is missed, which is for strings that one tunes on and never for held-out ones.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { bundled } from './bundled.js';

export const tiers = {};
export const faults = [];

const least = 0.8;

export async function prove({ folder, log }) {
  const source = process.env.PROVE_TOKENS;
  if (source === undefined) return ['name a folder of rule files with PROVE_TOKENS'];
  const { createRedaction } = await bundled('src/redact/redaction.ts', folder);
  const files = readdirSync(source, { recursive: true }).filter((name) => /\.ya?ml$/.test(name));
  const found = { secrets: 0, hits: 0, others: 0, othersHit: 0, unread: 0 };
  for (const name of files) {
    let rules;
    try {
      rules = load(readFileSync(join(source, name), 'utf8')).rules ?? [];
    } catch {
      found.unread++;
      continue;
    }
    for (const { id, categories, visible, examples, negative_examples: others } of rules) {
      // Names of accounts and the like, which alone let nobody in: each of the two has its own way to say so.
      if (visible === false || (categories !== undefined && !categories.includes('secret'))) continue;
      for (const example of examples ?? []) {
        found.secrets++;
        if (await isHit(createRedaction, example)) found.hits++;
        else if (process.env.PROVE_SHOW === '1') log(`${id}: ${JSON.stringify(example)}`);
      }
      for (const example of others ?? []) {
        found.others++;
        if (await isHit(createRedaction, example)) found.othersHit++;
      }
    }
  }
  const recall = found.hits / found.secrets;
  log(
    `${found.hits} of ${found.secrets} secrets found (${(recall * 100).toFixed(1)} %), and ${found.othersHit} of ${found.others} strings that are none; ${found.unread} of ${files.length} files could not be read`,
  );
  return recall >= least ? [] : [`recall is ${recall.toFixed(3)}, and ${least} is the bar`];
}

async function isHit(createRedaction, text) {
  const entry = await createRedaction().redact({ path: 'a.txt', content: String(text) });
  return (entry.masked ?? []).length > 0;
}
