import { suggestion } from '../contract/nearest.ts';
import { type Problem, UserError } from '../contract/problem.ts';
import { parseBool } from './bool.ts';
import { openStruct, struct, type TemplateData } from './template/value.ts';

export interface KurlSettings {
  /** The Installer, as parsed from its YAML; absent when none was given. */
  readonly installer?: unknown;
  /** What `--set Name=value` gave: `IsJoin`, `PrimaryHosts`, `Installer.Spec.Kubernetes.Version`. */
  readonly set: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, TemplateData>>;

const switches = { IsPrimary: true, IsJoin: false, IsUpgrade: false } as const;
const hostLists = ['PrimaryHosts', 'SecondaryHosts', 'RemoteHosts'];
const rootNames = ['Installer', ...Object.keys(switches), ...hostLists];
const settableInstallerFields = ['Spec', 'Name', 'Namespace'];

/** What `{{kurl … }}` reads; throws a UserError with all that is wrong with the Installer and the `--set` names. */
export function kurlData({ installer, set }: KurlSettings): TemplateData {
  const problems: Problem[] = [];
  let fields = installer === undefined ? {} : installerFields(installer, problems);
  const flags: Record<string, boolean> = { ...switches };
  const hosts: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(set)) {
    const [root = '', ...path] = name.replace(/^\./, '').split('.');
    if (!rootNames.includes(root)) {
      problems.push(setProblem(name, `no template value has this name${suggestion(root, rootNames)}`));
    } else if (root === 'Installer') {
      fields = setInstallerField(fields, path, value, (message) => problems.push(setProblem(name, message)));
    } else if (path.length > 0) {
      problems.push(setProblem(name, `${root} has no fields`));
    } else if (Object.hasOwn(switches, root)) {
      const flag = parseBool(value);
      flags[root] = flag ?? false;
      if (flag === undefined) {
        problems.push(setProblem(name, `"${value}" is no boolean; write true or false`));
      }
    } else {
      hosts[root] = commaSeparated(value);
    }
  }
  problems.push(...unquotedVersions(fields));
  if (problems.length > 0) {
    throw new UserError(problems);
  }
  const { PrimaryHosts = [], SecondaryHosts = [], RemoteHosts = [...PrimaryHosts, ...SecondaryHosts] } = hosts;
  return struct({ Installer: installerStruct(fields), ...flags, PrimaryHosts, SecondaryHosts, RemoteHosts });
}

/** We do not carry the types of kURL's add-ons: below `Spec` every name is a field, and the absent ones are zero. */
function installerStruct(fields: Fields): TemplateData {
  const metadata = fieldsOf(fields['metadata']);
  const Kind = fields['kind'] ?? '';
  const APIVersion = fields['apiVersion'] ?? '';
  return struct({
    Kind,
    APIVersion,
    Name: metadata['name'] ?? '',
    Namespace: metadata['namespace'] ?? '',
    Labels: metadata['labels'] ?? {},
    Annotations: metadata['annotations'] ?? {},
    ObjectMeta: openStruct(metadata),
    TypeMeta: struct({ Kind, APIVersion }),
    // An absent add-on is a struct of zero values, and so is true, as it is in kURL.
    Spec: openStruct(fieldsOf(fields['spec']), openStruct({})),
  });
}

function installerFields(installer: unknown, problems: Problem[]): Fields {
  if (!isFields(installer)) {
    problems.push(installerProblem('an Installer is a mapping with apiVersion, kind and spec'));
    return {};
  }
  const { apiVersion, kind } = installer;
  if (apiVersion !== 'cluster.kurl.sh/v1beta1' || kind !== 'Installer') {
    const found = `${JSON.stringify(apiVersion)}, ${JSON.stringify(kind)}`;
    problems.push(installerProblem(`expected apiVersion cluster.kurl.sh/v1beta1 and kind Installer; found ${found}`));
  }
  return installer;
}

/** YAML reads an unquoted 1.20 as the number 1.2. kURL refuses it too. */
function unquotedVersions(fields: Fields): readonly Problem[] {
  return Object.entries(fieldsOf(fields['spec'])).flatMap(([addOn, settings]) => {
    const version = fieldsOf(settings)['version'];
    const path = `spec/${addOn}/version`;
    return typeof version === 'number' ? [installerProblem(`${version} is a number here; put it in quotes`, path)] : [];
  });
}

type Report = (message: string) => void;

function setInstallerField(fields: Fields, path: readonly string[], value: string, report: Report): Fields {
  const [field = '', ...rest] = path;
  if (!path.every((segment) => /^[A-Za-z][A-Za-z0-9_]*$/.test(segment))) {
    report('write it as Installer.Spec.AddOn.Field');
    return fields;
  }
  if (!settableInstallerFields.includes(field)) {
    report(`cannot be set${suggestion(field, settableInstallerFields)}`);
    return fields;
  }
  if (field === 'Spec' ? rest.length < 2 : rest.length > 0) {
    report(field === 'Spec' ? 'write it as Installer.Spec.AddOn.Field' : `${field} has no fields`);
    return fields;
  }
  if (field !== 'Spec') {
    return { ...fields, metadata: { ...fieldsOf(fields['metadata']), [lowerFirst(field)]: value } };
  }
  return withField(fields, ['spec', ...rest], value, report);
}

function withField(fields: Fields, path: readonly string[], value: string, report: Report): Fields {
  const [segment = '', ...rest] = path;
  const wanted = segment.toLowerCase();
  const key = Object.keys(fields).find((name) => name.toLowerCase() === wanted) ?? lowerFirst(segment);
  const present = Object.hasOwn(fields, key) ? (fields[key] ?? undefined) : undefined;
  if (rest.length === 0) {
    return { ...fields, [key]: scalarOf(segment, value, present, report) };
  }
  if (present !== undefined && !isFields(present)) {
    report(`${segment} has no fields in this Installer`);
    return fields;
  }
  return { ...fields, [key]: withField(present ?? {}, rest, value, report) };
}

/** The type of what it replaces; else what the text looks like, where a version always stays text. */
function scalarOf(name: string, value: string, present: TemplateData | undefined, report: Report): TemplateData {
  if (Array.isArray(present)) {
    return commaSeparated(value);
  }
  const isText = typeof present === 'string' || /version$/i.test(name);
  if (typeof present === 'boolean' || (!isText && (value === 'true' || value === 'false'))) {
    const flag = parseBool(value);
    if (flag === undefined) {
      report(`"${value}" is no boolean; write true or false`);
    }
    return flag ?? false;
  }
  const isInteger = /^(?:0|-?[1-9]\d{0,14})$/.test(value);
  if (typeof present === 'number' && !isInteger) {
    report(`"${value}" is no whole number`);
  }
  return isInteger && !isText ? Number(value) : value;
}

function commaSeparated(value: string): readonly string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}

function fieldsOf(value: TemplateData | undefined): Fields {
  return isFields(value) ? value : {};
}

/** Parsed YAML is plain data, so what is no scalar and no list is a mapping. */
function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setProblem(name: string, message: string): Problem {
  return { severity: 'error', code: 'invalid-set', message: `--set ${name}: ${message}` };
}

function installerProblem(message: string, path?: string): Problem {
  return { severity: 'error', code: 'invalid-installer', message: `Installer: ${message}`, path };
}
