import type { ArraySchema, BooleanSchema, NumberSchema, ObjectSchema, Schema, StringSchema } from './schema.ts';

export interface JsonSchemaOptions {
  /** For other people's results: keys and words that we do not know are fine. */
  readonly open?: boolean;
}

/** Our schema as JSON Schema draft 7, for ajv and for editors. */
export function toJsonSchema(schema: Schema, options: JsonSchemaOptions = {}): object {
  switch (schema.type) {
    case 'any':
      return { description: schema.description };
    case 'string':
      return stringSchema(schema, options);
    case 'number':
    case 'integer':
      return numberSchema(schema);
    case 'boolean':
      return booleanSchema(schema);
    case 'array':
      return arraySchema(schema, options);
    case 'object':
      return objectSchema(schema, options);
  }
}

/** The texts that Go's strconv.ParseBool takes. */
export const parseBoolTexts = [
  '1',
  't',
  'T',
  'true',
  'TRUE',
  'True',
  '0',
  'f',
  'F',
  'false',
  'FALSE',
  'False',
] as const;

/** What Go's time.ParseDuration takes; its length is looked at first, so that no text makes it slow. */
const goDuration = '^(?=.{1,100}$)[-+]?(?:0|(?:(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$';

function stringSchema(schema: StringSchema, { open = false }: JsonSchemaOptions): object {
  return {
    type: orNull('string', schema.nullable),
    description: schema.description,
    ...(schema.enum && !open && { enum: schema.nullable ? [...schema.enum, null] : schema.enum }),
    ...(schema.format === 'go-duration' && { pattern: goDuration }),
    ...(schema.minLength !== undefined && { minLength: schema.minLength }),
    ...(schema.default !== undefined && { default: schema.default }),
  };
}

function numberSchema(schema: NumberSchema): object {
  return {
    type: orNull(schema.type, schema.nullable),
    description: schema.description,
    ...(schema.minimum !== undefined && { minimum: schema.minimum }),
    ...(schema.maximum !== undefined && { maximum: schema.maximum }),
    ...(schema.default !== undefined && { default: schema.default }),
  };
}

function booleanSchema(schema: BooleanSchema): object {
  const boolean = { type: orNull('boolean', schema.nullable) };
  return {
    ...(schema.parseBool ? { anyOf: [boolean, { type: 'string', enum: parseBoolTexts }] } : boolean),
    description: schema.description,
    ...(schema.default !== undefined && { default: schema.default }),
  };
}

function arraySchema(schema: ArraySchema, options: JsonSchemaOptions): object {
  return {
    type: orNull('array', schema.nullable),
    description: schema.description,
    items: toJsonSchema(schema.items, options),
    ...(schema.minItems !== undefined && { minItems: schema.minItems }),
    ...(schema.maxItems !== undefined && { maxItems: schema.maxItems }),
  };
}

function objectSchema(schema: ObjectSchema, options: JsonSchemaOptions): object {
  const properties = Object.entries(schema.properties).map(([key, value]) => [key, toJsonSchema(value, options)]);
  return {
    type: orNull('object', schema.nullable),
    description: schema.description,
    properties: Object.fromEntries(properties),
    ...(schema.required && schema.required.length > 0 && { required: schema.required }),
    ...(schema.values
      ? { additionalProperties: toJsonSchema(schema.values, options) }
      : !options.open && { additionalProperties: false }),
  };
}

function orNull(type: string, nullable = false): string | readonly string[] {
  return nullable ? [type, 'null'] : type;
}
