import type { Capability } from '../model/rpm.ts';
import { matches, type PlainCapability, parseCapability } from './capability.ts';

/** The operators of rich dependencies (https://rpm.org, "Boolean dependencies"). */
const operators = ['and', 'or', 'if', 'unless', 'with', 'without'] as const;

/** A rich dependency. `if` and `unless` have the requirement first, then the condition, and perhaps `otherwise`. */
export interface RichCapability {
  kind: (typeof operators)[number];
  text: Capability;
  operands: readonly Requirement[];
  otherwise?: Requirement;
}

/** A requirement that one RPM satisfies. */
export type SingleRequirement = PlainCapability | (RichCapability & { kind: 'with' | 'without' });

/** A parsed requirement. Equal texts give the same object. */
export type Requirement = PlainCapability | RichCapability;

/** Rich dependencies in each other. Deeper ones are no requirement that anything satisfies. */
const deepest = 64;

const parsed = new Map<string, Requirement>();

/** Parses a requirement of an RPM or a spec. What is no rich dependency, though it begins like one, is a name. */
export function parseRequirement(text: Capability): Requirement {
  if (!text.startsWith('(')) return parseCapability(text);
  const before = parsed.get(text);
  if (before !== undefined) return before;
  const requirement = parseRich(text) ?? parseCapability(text);
  parsed.set(text, requirement);
  return requirement;
}

/** True for a rich dependency such as `(a if b)`. */
export function isRich(requirement: Requirement): requirement is RichCapability {
  return requirement.kind !== 'name' && requirement.kind !== 'path';
}

/** Returns what satisfies a requirement at the first choice: itself, or of `(a or b)` the `a`; nothing of other rich ones. */
export function firstChoice(requirement: Requirement): PlainCapability | undefined {
  if (!isRich(requirement)) return requirement;
  return requirement.kind === 'or' ? firstChoice(requirement.operands[0] as Requirement) : undefined;
}

/** Returns the plain capabilities that a requirement is made of, in their order. */
export function plainCapabilitiesOf(requirement: Requirement): PlainCapability[] {
  if (!isRich(requirement)) return [requirement];
  const { operands, otherwise } = requirement;
  return [...operands, ...(otherwise === undefined ? [] : [otherwise])].flatMap(plainCapabilitiesOf);
}

/** Returns the name of a capability: `zlib-devel` of `zlib-devel >= 1.3`; of a path or a rich dependency the whole text. */
export function nameOf(capability: Capability): string {
  const requirement = parseRequirement(capability);
  return requirement.kind === 'name' ? requirement.name : capability;
}

/** True if a package that provides `provide` satisfies `require`. False for rich dependencies. */
export function satisfies(provide: Capability, require: Capability): boolean {
  const wanted = parseRequirement(require);
  return !isRich(wanted) && matches(parseCapability(provide), wanted);
}

/**
 * True if one package that has what `has` says satisfies `wanted`: plain, or a rich dependency between properties of one
 * package (`with`, `without`).
 */
export function satisfiedByOne(wanted: Requirement, has: (plain: PlainCapability) => boolean): boolean {
  if (!isRich(wanted)) return has(wanted);
  const [first, second] = wanted.operands as [Requirement, Requirement];
  const one = (operand: Requirement) => satisfiedByOne(operand, has);
  if (wanted.kind === 'without') return one(first) && !one(second);
  return wanted.kind === 'or' ? wanted.operands.some(one) : wanted.operands.every(one);
}

/** The operands of `and`, which are requirements of their own. Others stay whole. */
export function withoutAnd(wanted: Requirement): readonly Requirement[] {
  return wanted.kind === 'and' ? wanted.operands.flatMap(withoutAnd) : [wanted];
}

/** True for a requirement that one RPM satisfies. */
export function isSingle(wanted: Requirement): wanted is SingleRequirement {
  return !isRich(wanted) || wanted.kind === 'with' || wanted.kind === 'without';
}

/** A text that is read from left to right. */
interface Reader {
  text: string;
  at: number;
}

/** Parses a rich dependency, as rpm does: `(a op b)`, nested. Returns undefined for anything else. */
function parseRich(text: string): Requirement | undefined {
  const reader = { text: text.trim(), at: 0 };
  const requirement = readRich(reader, 0);
  return reader.at === reader.text.length ? requirement : undefined;
}

function readRich(reader: Reader, depth: number): Requirement | undefined {
  const start = reader.at;
  if (depth > deepest || !take(reader, '(')) return undefined;
  const first = readTerm(reader, depth);
  if (first === undefined) return undefined;
  if (take(reader, ')')) return first;
  const kind = readOperator(reader);
  if (kind === undefined) return undefined;
  const operands = [first];
  let otherwise: Requirement | undefined;
  for (;;) {
    const operand = readTerm(reader, depth);
    if (operand === undefined) return undefined;
    operands.push(operand);
    if (take(reader, ')')) break;
    const word = readWord(reader);
    if (word === kind && (kind === 'and' || kind === 'or' || kind === 'with')) continue;
    if (word !== 'else' || (kind !== 'if' && kind !== 'unless')) return undefined;
    otherwise = readTerm(reader, depth);
    if (otherwise === undefined || !take(reader, ')')) return undefined;
    break;
  }
  const rich: RichCapability = { kind, text: reader.text.slice(start, reader.at), operands };
  return otherwise === undefined ? rich : { ...rich, otherwise };
}

function readTerm(reader: Reader, depth: number): Requirement | undefined {
  skipBlanks(reader);
  return reader.text[reader.at] === '(' ? readRich(reader, depth + 1) : readPlain(reader);
}

/** Reads a name, and its operator and version if it has them. Parentheses inside of a name belong to it. */
function readPlain(reader: Reader): PlainCapability | undefined {
  const name = readWord(reader);
  if (name === '') return undefined;
  const before = reader.at;
  skipBlanks(reader);
  const operator = /^[<>=]+/.exec(reader.text.slice(reader.at, reader.at + 3))?.[0];
  if (operator === undefined) {
    reader.at = before;
    return parseCapability(name);
  }
  reader.at += operator.length;
  return parseCapability(`${name} ${operator} ${readWord(reader)}`);
}

function readOperator(reader: Reader): RichCapability['kind'] | undefined {
  const word = readWord(reader);
  return operators.find((one) => one === word);
}

/** Reads up to the next blank or closing parenthesis that was not opened in the word. */
function readWord(reader: Reader): string {
  skipBlanks(reader);
  const start = reader.at;
  let open = 0;
  for (; reader.at < reader.text.length; reader.at++) {
    const letter = reader.text[reader.at] as string;
    if (/\s/.test(letter)) break;
    if (letter === '(') open++;
    if (letter === ')' && open-- === 0) break;
  }
  return reader.text.slice(start, reader.at);
}

function take(reader: Reader, letter: string): boolean {
  skipBlanks(reader);
  if (reader.text[reader.at] !== letter) return false;
  reader.at++;
  return true;
}

function skipBlanks(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at++;
}
