import { format } from 'node:util';

/**
 * Stands in, in the built program, for y18n beneath yargs (see build.js), which reads texts from `locales` beside the folder that
 * holds the program. Where that is /tmp, whoever likes puts a file there, or a FIFO that hangs us (rule S7).
 */
export default function noLocales() {
  const texts = new Map<string, string | { readonly one: string; readonly other: string }>();
  const textOf = (key: string) => {
    const text = texts.get(key);
    return typeof text === 'string' ? text : key;
  };
  return {
    __: (key: string, ...args: readonly unknown[]) => format(textOf(key), ...args),
    __n(singular: string, plural: string, count: number, ...args: readonly unknown[]) {
      const known = texts.get(singular);
      const forms = typeof known === 'object' ? known : { one: singular, other: plural };
      const text = count === 1 ? forms.one : forms.other;
      return text.includes('%d') ? format(text, count, ...args) : format(text, ...args);
    },
    updateLocale(changed: Readonly<Record<string, string>>) {
      for (const [key, text] of Object.entries(changed)) texts.set(key, text);
    },
    setLocale() {},
    getLocale: () => 'en_US',
  };
}
