/** A JSON text indented anew, two blanks a level, every number and string as it was written. Only of what JSON.parse takes. */
export function indentJson(text: string, level: number): string {
  let depth = level;
  let indented = '';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g)) {
    if (token === '{' || token === '[') {
      depth++;
      indented += token + lineBreak(depth);
    } else if (token === '}' || token === ']') {
      depth--;
      const isEmpty = /[[{]\n *$/.test(indented.slice(-2 * depth - 6));
      indented = (isEmpty ? indented.trimEnd() : indented + lineBreak(depth)) + token;
    } else if (token === ',') indented += token + lineBreak(depth);
    else if (token === ':') indented += ': ';
    else indented += token;
  }
  return indented;
}

function lineBreak(depth: number): string {
  return `\n${'  '.repeat(depth)}`;
}
