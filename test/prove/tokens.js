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
  const found = { secrets: 0, hits: 0, others: 0, othersHit: 0 };
  for (const { id, text, isSecret } of examplesIn(source, log)) {
    found[isSecret ? 'secrets' : 'others']++;
    const isFound = await isHit(createRedaction, text);
    if (isFound) found[isSecret ? 'hits' : 'othersHit']++;
    else if (isSecret && process.env.PROVE_SHOW === '1') log(`${id}: ${JSON.stringify(text)}`);
  }
  const recall = found.hits / found.secrets;
  log(
    `${found.hits} of ${found.secrets} secrets found (${(recall * 100).toFixed(1)} %), and ${found.othersHit} of ${found.others} strings that are none`,
  );
  return recall >= least ? [] : [`recall is ${recall.toFixed(3)}, and ${least} is the bar`];
}

/** What the rules of a scanner say of themselves that they find, and that they do not. */
export function* examplesIn(source, log = () => {}) {
  for (const name of readdirSync(source, { recursive: true }).filter((file) => /\.ya?ml$/.test(file))) {
    let rules;
    try {
      rules = load(readFileSync(join(source, name), 'utf8')).rules ?? [];
    } catch {
      log(`${name} cannot be read`);
      continue;
    }
    for (const { id, categories, visible, examples, negative_examples: others } of rules) {
      // Names of accounts and the like, which alone let nobody in: each of the two has its own way to say so.
      if (visible === false || (categories !== undefined && !categories.includes('secret'))) continue;
      for (const text of examples ?? []) yield { id, text, isSecret: true };
      for (const text of others ?? []) yield { id, text, isSecret: false };
    }
  }
}

async function isHit(createRedaction, text) {
  const entry = await createRedaction().redact({ path: 'a.txt', content: String(text) });
  return (entry.masked ?? []).length > 0;
}
