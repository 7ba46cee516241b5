/**
 * No mutable state at module level: nodes share a process, and a module is shared by all of them.
 *
 * Looked at is what product code declares at the top of a file, and static fields of classes:
 *
 * - `let` and `var` are faults, and static fields without `readonly`.
 * - A `const` (or static field) whose value is made there by `[...]`, `{...}`, `new X(...)`,
 *   `Array.from` and its kind, or a call of `.map`, `.filter`, `.slice` and their kind is a fault,
 *   unless
 *     - it is `as const` or inside `Object.freeze(...)`, and holds no `new X(...)`;
 *     - its type says that it is not written to: `readonly X[]`, `ReadonlyMap`, `ReadonlySet`,
 *       `ReadonlyArray`, `Readonly<...>`;
 *     - it is an object literal of a named type that is no built-in container (`const c: Codec<X> =
 *       {...}`): that type says what of it may be written;
 *     - it is `new` of something without state: `RegExp`, `TextEncoder`, `TextDecoder`, `URL`, an
 *       empty `Uint8Array`.
 * - A function that is called where it stands hides state: `const next = (() => { let n = 0; ...
 *   })()`.
 *
 * Both sides of `?:`, `??` and their kind are looked at.
 * What other calls return cannot be seen here, nor writes through a readonly type.
 */
import {
  type Expression,
  type NewExpression,
  type Node,
  type PropertyDeclaration,
  type SourceFile,
  type Statement,
  SyntaxKind,
  type TypeNode,
} from 'typescript/unstable/ast';
import {
  isArrayLiteralExpression,
  isArrayTypeNode,
  isArrowFunction,
  isAsExpression,
  isBinaryExpression,
  isCallExpression,
  isClassDeclaration,
  isConditionalExpression,
  isFunctionExpression,
  isIdentifier,
  isNewExpression,
  isNonNullExpression,
  isNumericLiteral,
  isObjectLiteralExpression,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isPropertyDeclaration,
  isSatisfiesExpression,
  isTypeOperatorNode,
  isTypeReferenceNode,
  isVariableStatement,
} from 'typescript/unstable/ast/is';
import type { House } from './house.ts';
import type { Fault } from './report.ts';
import { lineOf, walk } from './syntax.ts';

/** Types that say: not written to. */
const READONLY_TYPES: ReadonlySet<string> = new Set([
  ...['Readonly', 'ReadonlyArray', 'ReadonlyMap', 'ReadonlySet'],
]);

/** Types that say nothing about who may write. */
const CONTAINER_TYPES: ReadonlySet<string> = new Set([
  ...['Array', 'Record', 'Partial', 'Pick', 'Omit', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Object'],
]);

/** Classes whose objects hold nothing that changes what the next caller sees. */
const STATELESS_CLASSES: ReadonlySet<string> = new Set([
  ...['RegExp', 'TextEncoder', 'TextDecoder', 'URL'],
]);

/** Bytes and the like; an empty one cannot be written to. */
const TYPED_ARRAY = /^(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array$/;

/** Static functions that make containers. */
const MAKERS: ReadonlySet<string> = new Set([
  ...['Array.from', 'Array.of', 'Object.create', 'Object.assign', 'Object.fromEntries'],
  ...['Object.entries', 'Object.keys', 'Object.values', 'Map.groupBy', 'Object.groupBy'],
]);

/** Methods that give a new array. */
const ARRAY_METHODS: ReadonlySet<string> = new Set([
  ...['map', 'filter', 'flatMap', 'flat', 'slice', 'concat', 'split', 'toSorted', 'toReversed'],
  ...['toSpliced', 'with', 'fill', 'toArray'],
]);

/** Every mutable thing that product code keeps at module level. */
export function moduleStateFaults(house: House): readonly Fault[] {
  return house.sources
    .filter((file) => file.isProduct && !file.tree.isDeclarationFile)
    .flatMap((file) =>
      stateIn(file.tree).map(({ node, what }) => ({
        path: file.path,
        line: lineOf(file.tree, node),
        sentence: `keeps mutable state at module level: ${what}`,
      })),
    );
}

/** A mutable thing, and how it is called in a sentence. */
interface State {
  readonly node: Node;
  readonly what: string;
}

function stateIn(tree: SourceFile): readonly State[] {
  const found: State[] = tree.statements.flatMap((statement) => stateOfStatement(tree, statement));
  walk(tree, (node) => {
    if (isPropertyDeclaration(node)) found.push(...stateOfField(tree, node));
  });
  return found;
}

function stateOfStatement(tree: SourceFile, statement: Statement): readonly State[] {
  if (!isVariableStatement(statement)) return [];
  const text = statement.getText(tree);
  if (/^(export\s+)?declare\b/.test(text)) return [];
  const keyword = /^(?:export\s+)?(\w+)/.exec(text)?.[1] ?? '';
  return statement.declarationList.declarations.flatMap((node) => {
    const name = node.name.getText(tree);
    if (keyword !== 'const') return [{ node, what: `${keyword} ${name}` }];
    const what = mutable(node.initializer, node.type);
    return what === undefined ? [] : [{ node, what: `${name} is ${what}` }];
  });
}

function stateOfField(tree: SourceFile, node: PropertyDeclaration): readonly State[] {
  const modifiers = node.modifiers ?? [];
  const has = (kind: SyntaxKind) => modifiers.some((each) => each.kind === kind);
  if (!has(SyntaxKind.StaticKeyword) || has(SyntaxKind.DeclareKeyword)) return [];
  const owner = isClassDeclaration(node.parent) ? (node.parent.name?.text ?? 'class') : 'class';
  const name = `${owner}.${node.name.getText(tree)}`;
  if (!has(SyntaxKind.ReadonlyKeyword)) return [{ node, what: `static ${name} is not readonly` }];
  const what = mutable(node.initializer, node.type);
  return what === undefined ? [] : [{ node, what: `${name} is ${what}` }];
}

/** What makes `value` mutable, or undefined when nothing is seen. */
function mutable(value: Expression | undefined, type: TypeNode | undefined): string | undefined {
  const named = type === undefined ? undefined : nameOfType(type);
  if (value === undefined || named === 'readonly') return undefined;
  if (
    isParenthesizedExpression(value) ||
    isNonNullExpression(value) ||
    isSatisfiesExpression(value)
  ) {
    return mutable(value.expression, type);
  }
  if (isAsExpression(value)) {
    return nameOfType(value.type) === 'const'
      ? newInside(value.expression)
      : mutable(value.expression, type ?? value.type);
  }
  if (isConditionalExpression(value)) {
    return mutable(value.whenTrue, type) ?? mutable(value.whenFalse, type);
  }
  if (isBinaryExpression(value)) return mutable(value.left, type) ?? mutable(value.right, type);
  return mutableMade(value, named);
}

/** The same for what is made in place: literals, `new` and calls. */
function mutableMade(value: Expression, typeName: string | undefined): string | undefined {
  if (isObjectLiteralExpression(value)) {
    const isOwnType = typeName !== undefined && !CONTAINER_TYPES.has(typeName);
    return isOwnType ? newInside(value) : 'a plain object that anyone may write to';
  }
  if (isArrayLiteralExpression(value)) return 'an array that anyone may write to';
  if (isNewExpression(value)) return mutableNew(value);
  return isCallExpression(value) ? mutableCall(value) : undefined;
}

function mutableNew({ expression, arguments: given }: NewExpression): string | undefined {
  const name = isIdentifier(expression) ? expression.text : 'object';
  if (STATELESS_CLASSES.has(name)) return undefined;
  const [size] = given ?? [];
  const isEmpty = size === undefined || (isNumericLiteral(size) && size.text === '0');
  return isEmpty && TYPED_ARRAY.test(name) ? undefined : `a new ${name}`;
}

function mutableCall(call: Node): string | undefined {
  if (!isCallExpression(call)) return undefined;
  const callee = call.expression;
  const inner = isParenthesizedExpression(callee) ? callee.expression : callee;
  if (isArrowFunction(inner) || isFunctionExpression(inner)) return 'what a hidden function keeps';
  if (!isPropertyAccessExpression(callee)) return undefined;
  const method = callee.name.text;
  const name = isIdentifier(callee.expression) ? `${callee.expression.text}.${method}` : '';
  if (name === 'Object.freeze') {
    const [frozen] = call.arguments;
    return frozen === undefined ? undefined : newInside(frozen);
  }
  if (MAKERS.has(name)) return `a container made by ${name}`;
  return ARRAY_METHODS.has(method) ? `an array made by .${method}()` : undefined;
}

/** A `new` in what looks constant, but not in functions, which make theirs when they are called. */
function newInside(value: Node): string | undefined {
  if (isArrowFunction(value) || isFunctionExpression(value)) return undefined;
  if (value.kind === SyntaxKind.MethodDeclaration) return undefined;
  if (isNewExpression(value)) return mutableNew(value);
  return value.forEachChild((child) => newInside(child));
}

function nameOfType(type: TypeNode): string | undefined {
  if (isTypeOperatorNode(type)) {
    return type.operator === SyntaxKind.ReadonlyKeyword ? 'readonly' : undefined;
  }
  if (isArrayTypeNode(type) || !isTypeReferenceNode(type)) return undefined;
  const name = isIdentifier(type.typeName) ? type.typeName.text : undefined;
  return name !== undefined && READONLY_TYPES.has(name) ? 'readonly' : name;
}
