const goTrue = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const goFalse = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Go's strconv.ParseBool: undefined for every other text, blanks and other case mixes included. */
export function parseBool(text: string): boolean | undefined {
  return wordOf(text, goTrue, goFalse);
}

const yamlTrue = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE']);
const yamlFalse = new Set(['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE']);

/** What a plain (unquoted) YAML 1.1 scalar means as a boolean, undefined when it is none. */
export function yaml11Boolean(text: string): boolean | undefined {
  return wordOf(text, yamlTrue, yamlFalse);
}

function wordOf(text: string, yes: ReadonlySet<string>, no: ReadonlySet<string>): boolean | undefined {
  if (yes.has(text)) {
    return true;
  }
  return no.has(text) ? false : undefined;
}
