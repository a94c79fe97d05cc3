/** What /etc/resolv.conf says, as resolver libraries read it. */
export interface ResolverConfiguration {
  /** As written: an address, with its zone if it has one. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  /** A name with at least as many dots is asked for as it is first. */
  readonly ndots: number;
}

const blanks = /[ \t\r]+/;
const mostDots = 15;

/** resolv.conf(5): of `domain` and `search` the last one counts. Lines that are neither of these say nothing. */
export function parseResolvConf(text: string): ResolverConfiguration {
  const servers: string[] = [];
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.split(blanks).filter((word) => word !== '');
    const [first] = values;
    if (keyword === 'nameserver' && first !== undefined) servers.push(first);
    else if (keyword === 'domain') search = values.slice(0, 1);
    else if (keyword === 'search') search = values;
    else if (keyword === 'options') {
      for (const option of values) {
        const dots = /^ndots:(.*)$/.exec(option)?.[1];
        if (dots !== undefined) ndots = /^\d+$/.test(dots) ? Math.min(Number(dots), mostDots) : 0;
      }
    }
  }
  return { servers, search, ndots };
}

/** The names that are asked for, in their order, each with its final dot. */
export function queryNames(name: string, { search, ndots }: ResolverConfiguration): readonly string[] {
  if (isAbsolute(name)) return [name];
  const absolute = `${name}.`;
  const suffixed = search.map((suffix) => (isAbsolute(suffix) ? absolute + suffix : `${absolute}${suffix}.`));
  return dotsOf(name) >= ndots ? [absolute, ...suffixed] : [...suffixed, absolute];
}

/** What was put behind a name; empty for the name itself. */
export function searchOf(asked: string, name: string): string {
  if (asked === name) return '';
  return (asked.startsWith(`${name}.`) ? asked.slice(name.length + 1) : asked).replace(/\.$/, '');
}

/** Ends with a dot that no backslash escapes. */
function isAbsolute(name: string): boolean {
  return (/(\\*)\.$/.exec(name)?.[1]?.length ?? 1) % 2 === 0;
}

function dotsOf(name: string): number {
  return name.replace(/\\./g, '').split('.').length - 1;
}
