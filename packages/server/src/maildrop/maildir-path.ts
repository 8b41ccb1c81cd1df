// From the name of an account to the path of its maildrop, by the operator's template; no name can lead out of the spool.
//
//   template  = 1*( "/" piece )            absolute, no "." or ".." pieces
//   piece     = 1*( literal / variable / "%%" )
//   variable  = "%{user}" / "%u"           the whole name
//             / "%{local}" / "%n"          what stands before the last "@", or the whole name
//             / "%{domain}" / "%d"         what stands behind it
//
// A name that lacks what the template asks for, or whose parts could not be a file name, has no maildrop.

import { dirname } from "node:path";

export interface MaildirTemplate {
  readonly type: "template";
  /** Absolute path of the maildrop; undefined when the name must not, or cannot, have one. */
  path(userName: string): string | undefined;
  /** The directory before the first variable: it must exist, or the spool is not mounted. */
  readonly anchor: string;
}

export interface TemplateProblem {
  readonly type: "problem";
  readonly what: string;
  readonly remedy: string;
}

export function parseMaildirTemplate(text: string): MaildirTemplate | TemplateProblem {
  if (!text.startsWith("/")) return problem("the path is not absolute", "start it with /");
  const pieces: Piece[] = [];
  for (const part of text.split("/").filter((part) => part !== "")) {
    if (part === "." || part === "..") return problem(`the path holds "${part}"`, "write the path without it");
    const piece = parsePiece(part);
    if ("type" in piece) return piece;
    pieces.push(piece);
  }
  if (pieces.length === 0) return problem("the path is the root directory", "name the maildrop of an account");
  return { type: "template", anchor: anchorOf(pieces), path: (userName) => fill(pieces, userName) };
}

type Variable = "user" | "local" | "domain";
type Part = { readonly literal: string } | { readonly variable: Variable };
type Piece = readonly Part[];
type NameParts = { readonly [V in Variable]: string };

function parsePiece(text: string): Piece | TemplateProblem {
  const parts: Part[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const variable = VARIABLES.get(token);
    if (variable !== undefined) parts.push({ variable });
    else if (token === "%%") parts.push({ literal: "%" });
    else if (token.startsWith("%")) return problem(`"${token}" is no variable`, VARIABLES_REMEDY);
    else parts.push({ literal: token });
  }
  return parts;
}

const problem = (what: string, remedy: string): TemplateProblem => ({ type: "problem", what, remedy });

/** A template without any variable is one maildrop; what must exist then is the directory it stands in. */
function anchorOf(pieces: readonly Piece[]): string {
  const firstVariable = pieces.findIndex((piece) => piece.some((part) => "variable" in part));
  const fixed = firstVariable < 0 ? pieces : pieces.slice(0, firstVariable);
  const path = `/${fixed.map(literalText).join("/")}`;
  return firstVariable < 0 ? dirname(path) : path;
}

const literalText = (piece: Piece): string => piece.map((part) => ("literal" in part ? part.literal : "")).join("");

function fill(pieces: readonly Piece[], userName: string): string | undefined {
  const name = splitName(userName);
  let path = "";
  for (const piece of pieces) {
    const component = fillPiece(piece, name);
    if (component === undefined) return undefined;
    path += `/${component}`;
  }
  return Buffer.byteLength(path) <= MAX_PATH_OCTETS ? path : undefined;
}

function fillPiece(piece: Piece, name: NameParts): string | undefined {
  let component = "";
  for (const part of piece) {
    if ("variable" in part && !isSafeValue(name[part.variable])) return undefined;
    component += "literal" in part ? part.literal : name[part.variable];
  }
  return Buffer.byteLength(component) <= MAX_COMPONENT_OCTETS ? component : undefined;
}

function splitName(userName: string): NameParts {
  const at = userName.lastIndexOf("@");
  if (at < 0) return { user: userName, local: userName, domain: "" };
  return { user: userName, local: userName.slice(0, at), domain: userName.slice(at + 1) };
}

/** A leading dot would name a Maildir++ folder or climb (`..`); a lone surrogate would become another name on disk. */
const isSafeValue = (value: string): boolean => value !== "" && !value.startsWith(".") && !UNSAFE.test(value);

const UNSAFE = /[/\p{Cc}\p{Surrogate}]/u;
const TOKEN = /%\{[^}]*\}?|%.?|[^%]+/gsu;
const VARIABLES: ReadonlyMap<string, Variable> = new Map([
  ["%{user}", "user"],
  ["%u", "user"],
  ["%{local}", "local"],
  ["%n", "local"],
  ["%{domain}", "domain"],
  ["%d", "domain"],
]);
const VARIABLES_REMEDY = "use %{user}, %{local}, %{domain} (or %u, %n, %d), and %% for a percent sign";
const MAX_COMPONENT_OCTETS = 255;
/** PATH_MAX of Linux, less the room for `/cur/` and a file name. */
const MAX_PATH_OCTETS = 4096 - 5 - 255;
