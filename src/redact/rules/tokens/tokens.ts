import { patternRule, type Rule, wordStart } from '../../rule.ts';
import { cloud } from './cloud.ts';
import { code } from './code.ts';
import { data } from './data.ts';
import { models } from './models.ts';
import { money } from './money.ts';
import { people } from './people.ts';

/** A token may follow what divides words, not stand within one; where it has a lead, its own pattern says what may stand before. */
export const tokens: readonly Rule[] = [cloud, code, data, models, people, money]
  .flat()
  .map(({ name, anchors, token, example, lead }) =>
    patternRule({
      id: `token-${name}`,
      title: `tokens of ${name.replaceAll('-', ' ')}`,
      anchors,
      pattern: new RegExp(`${lead === undefined ? wordStart : ''}(?<secret>${token.source})`, `dy${token.flags}`),
      hits: [`before ${lead ?? ''}«${example}» after`, `{"out":"one\\n${lead ?? ''}«${example}»\\ntwo"}`],
      misses: [`before${example.slice(0, 4)} after`],
    }),
  );
