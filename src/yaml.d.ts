/** A YAML file as text, built into the program: nothing is looked for on disk at run time. */
declare module '*.yaml' {
  const text: string;
  export default text;
}
