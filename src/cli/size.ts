const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 1024,
  KIB: 1024,
  KB: 1000,
  M: 1024 ** 2,
  MIB: 1024 ** 2,
  MB: 1000 ** 2,
  G: 1024 ** 3,
  GIB: 1024 ** 3,
  GB: 1000 ** 3,
};

/** Bytes of a text such as `512MiB`, `1.5G`, `1000000`; undefined for what is no size. As in GNU tools, `M` is MiB and `MB` is not. */
export function parseSize(text: string): number | undefined {
  const [, digits = '', word = ''] = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{0,3})$/i.exec(text.trim()) ?? [];
  const unit = units[word.toUpperCase()];
  if (digits === '' || unit === undefined) return undefined;
  const bytes = Math.floor(Number(digits) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
