/** Lets jest import a YAML file as text, as the build does. */
export function process(source) {
  return { code: `export default ${JSON.stringify(source)};` };
}
