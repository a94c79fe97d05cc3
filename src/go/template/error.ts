export interface TemplatePlace {
  readonly line: number;
  readonly column: number;
  /** The whole tag, delimiters included, cut when it is long. */
  readonly expression: string;
}

/** Why a template could not be read or rendered, and where in its source. */
export class TemplateError extends Error {
  readonly reason: string;
  readonly line: number;
  readonly column: number;
  readonly expression: string;

  constructor(reason: string, place: TemplatePlace) {
    super(`template: ${reason}: ${place.expression}`);
    this.name = 'TemplateError';
    this.reason = reason;
    this.line = place.line;
    this.column = place.column;
    this.expression = place.expression;
  }
}

const nowhere: TemplatePlace = { line: 0, column: 0, expression: '' };

/** For what does not know the source, such as a function: the evaluator adds the place. */
export function fail(reason: string): never {
  throw new TemplateError(reason, nowhere);
}

export function isPlaced(error: TemplateError): boolean {
  return error.line > 0;
}
