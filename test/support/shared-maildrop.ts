// One maildrop in which a POP3 client and an IMAP client act in turn, with what must be true of it after each act.
//
// The model knows for each message where it is (inbox, the folder Kept, gone). A POP3 session sees the messages that were in the
// inbox when it began, under numbers that stay; what IMAP has taken away since is answered -ERR, what it has moved is not removed.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { canonical } from "./canonical.js";
import { PASSWORD } from "./gateway-process.js";
import type { ImapClient } from "./imap-client.js";
import { numberedMessage } from "./maildir-fixture.js";
import { RawClient } from "./raw-client.js";
import type { SeededChoice } from "./seeded-choice.js";

type Place = "inbox" | "kept" | "gone";

interface Pop {
  readonly client: RawClient;
  /** What the session was given, in the order of the numbers. */
  readonly messages: readonly number[];
  readonly uidl: readonly string[];
  readonly list: readonly string[];
  readonly marked: Set<number>;
  /** Those that were taken out of the inbox by IMAP since. */
  readonly missing: Set<number>;
}

export interface SharedMaildropParts {
  readonly path: string;
  readonly user: string;
  readonly pop3Port: number;
  readonly imap: ImapClient;
  readonly choice: SeededChoice;
  /** Messages 1 to `count` are in the inbox. */
  readonly count: number;
}

export class SharedMaildrop {
  readonly #parts: SharedMaildropParts;
  readonly #places = new Map<number, Place>();
  /** The unique-id of a message; it gets another when IMAP moves it back, as a new file. */
  readonly #uniqueIds = new Map<number, string>();
  #pop: Pop | undefined;
  /** What was done, for the report of a failure. */
  readonly history: string[] = [];

  constructor(parts: SharedMaildropParts) {
    this.#parts = parts;
    for (let n = 1; n <= parts.count; n += 1) this.#places.set(n, "inbox");
  }

  /** One act of one of the two, chosen by the seed; then everything is looked at. */
  async step(): Promise<void> {
    const acts = this.#pop === undefined ? [...IMAP_ACTS, ...LOGINS] : [...IMAP_ACTS, ...POP_ACTS];
    const act = this.#parts.choice.of(acts);
    assert.ok(act);
    await this[act]();
    this.expectAllThere();
  }

  /** Ends the session, if one is open, by QUIT. */
  async finish(): Promise<void> {
    if (this.#pop !== undefined) await this.quit();
    this.expectAllThere();
  }

  /** Nothing is lost, nothing stands there twice, nothing came back. */
  expectAllThere(): void {
    const { path } = this.#parts;
    assert.deepEqual(numbersIn(path), this.#at("inbox"), "messages in the inbox");
    assert.deepEqual(numbersIn(join(path, ".Kept")), this.#at("kept"), "messages in the folder");
  }

  async login(): Promise<void> {
    const { pop3Port, user } = this.#parts;
    const client = await RawClient.login(pop3Port, user, PASSWORD);
    const [uidl, list] = [await client.lines("UIDL"), await client.lines("LIST")];
    const messages: number[] = [];
    for (let n = 1; n <= uidl.length; n += 1) messages.push(numberOf((await client.multiLine(`TOP ${n} 0`)).body));
    this.#pop = { client, messages, uidl, list, marked: new Set(), missing: new Set() };
    this.#did("POP3 login", messages);
    assert.deepEqual(messages.toSorted(ascending), this.#at("inbox"), "messages of the session");
    for (const [at, message] of messages.entries()) this.#expectSameId(message, uidl[at]?.split(" ")[1] ?? "");
    for (const [at, message] of messages.entries()) assert.equal(list[at], `${at + 1} ${octetsOf(message)}`);
  }

  async retrieve(): Promise<void> {
    const { client, messages, marked, missing } = this.#session;
    const message = this.#parts.choice.of(messages.filter((each) => !marked.has(each)));
    if (message === undefined) return;
    this.#did("RETR", message);
    const number = messages.indexOf(message) + 1;
    if (missing.has(message)) await client.err(`RETR ${number}`);
    else assert.deepEqual(await client.retrieve(number), canonical(numberedMessage(message)));
  }

  async mark(): Promise<void> {
    const { client, messages, marked } = this.#session;
    const message = this.#parts.choice.of(messages.filter((each) => !marked.has(each)));
    if (message === undefined) return;
    this.#did("DELE", message);
    await client.ok(`DELE ${messages.indexOf(message) + 1}`);
    marked.add(message);
  }

  async list(): Promise<void> {
    const { client, messages, marked, uidl, list } = this.#session;
    this.#did("LIST, UIDL");
    const isShown = (_: string, at: number): boolean => !marked.has(messages[at] ?? 0);
    assert.deepEqual(await client.lines("UIDL"), uidl.filter(isShown));
    assert.deepEqual(await client.lines("LIST"), list.filter(isShown));
  }

  async reset(): Promise<void> {
    this.#did("RSET");
    await this.#session.client.ok("RSET");
    this.#session.marked.clear();
  }

  async quit(): Promise<void> {
    const { client, marked, missing } = this.#session;
    this.#did("QUIT", [...marked]);
    this.#pop = undefined;
    assert.ok((await client.quit()).ok, "QUIT was answered -ERR");
    for (const message of marked) if (!missing.has(message)) this.#places.set(message, "gone");
  }

  async flag(): Promise<void> {
    const flags = this.#parts.choice.of(FLAGS) ?? "";
    await this.#onInboxMessage(`STORE ${flags}`, (uid) => this.#parts.imap.call("uid", "STORE", uid, "+FLAGS", flags));
  }

  async unflag(): Promise<void> {
    const flags = this.#parts.choice.of(FLAGS) ?? "";
    await this.#onInboxMessage(`STORE -${flags}`, (uid) => this.#parts.imap.call("uid", "STORE", uid, "-FLAGS", flags));
  }

  async move(): Promise<void> {
    const message = await this.#onInboxMessage("MOVE", (uid) => this.#parts.imap.call("uid", "MOVE", uid, "Kept"));
    if (message !== undefined) this.#takeFromInbox(message, "kept");
  }

  async expunge(): Promise<void> {
    const message = await this.#onInboxMessage("EXPUNGE", (uid) => this.#parts.imap.expunge(uid));
    if (message !== undefined) this.#takeFromInbox(message, "gone");
  }

  async append(): Promise<void> {
    const message = this.#places.size + 1;
    this.#did("APPEND", message);
    await this.#parts.imap.append(canonical(numberedMessage(message)));
    this.#places.set(message, "inbox");
  }

  async moveBack(): Promise<void> {
    const { imap, choice } = this.#parts;
    const message = choice.of(this.#at("kept"));
    if (message === undefined) return;
    this.#did("MOVE back", message);
    await imap.call("select", "Kept");
    const [uid = "", ...more] = await imap.find("Message-ID", `<${message}@example.test>`);
    assert.ok(uid !== "" && more.length === 0);
    await imap.call("uid", "MOVE", uid, "INBOX");
    await imap.call("select", "INBOX");
    this.#places.set(message, "inbox");
    // A file of another name, which no session has been given yet.
    this.#uniqueIds.delete(message);
  }

  get #session(): Pop {
    assert.ok(this.#pop, "a POP3 session is open");
    return this.#pop;
  }

  /** The message that IMAP acted on; undefined if none is in the inbox. */
  async #onInboxMessage(what: string, act: (uid: string) => Promise<unknown>): Promise<number | undefined> {
    const message = this.#parts.choice.of(this.#at("inbox"));
    if (message === undefined) return undefined;
    this.#did(what, message);
    const [uid = "", ...more] = await this.#parts.imap.find("Message-ID", `<${message}@example.test>`);
    assert.ok(uid !== "" && more.length === 0, `IMAP finds message ${message} once`);
    await act(uid);
    return message;
  }

  #takeFromInbox(message: number, place: Place): void {
    this.#places.set(message, place);
    this.#pop?.missing.add(message);
  }

  #expectSameId(message: number, uniqueId: string): void {
    const known = this.#uniqueIds.get(message) ?? uniqueId;
    assert.equal(uniqueId, known, `unique-id of message ${message}`);
    this.#uniqueIds.set(message, uniqueId);
    assert.equal(new Set(this.#uniqueIds.values()).size, this.#uniqueIds.size, "two messages, one unique-id");
  }

  #at(place: Place): number[] {
    return [...this.#places].filter(([, where]) => where === place).map(([message]) => message);
  }

  #did(what: string, about?: number | readonly number[]): void {
    this.history.push(about === undefined ? what : `${what} ${about}`);
  }
}

function numbersIn(folder: string): number[] {
  const numbers = ["new", "cur"].flatMap((part) =>
    namesIn(join(folder, part)).map((path) => numberOf(readFileSync(path))),
  );
  return numbers.toSorted(ascending);
}

function namesIn(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

const numberOf = (message: Buffer): number =>
  Number(/^Subject: number (\d+)\r?$/m.exec(message.toString("latin1"))?.[1]);
const octetsOf = (message: number): number => canonical(numberedMessage(message)).length;
const ascending = (one: number, other: number): number => one - other;

const FLAGS = ["(\\Seen)", "(\\Answered \\Flagged)", "(\\Draft)", "($Forwarded)", "(\\Seen \\Deleted)"];
const IMAP_ACTS = ["flag", "flag", "unflag", "move", "moveBack", "expunge", "append", "append"] as const;
const LOGINS = ["login", "login", "login", "login", "login", "login"] as const;
const POP_ACTS = ["retrieve", "retrieve", "mark", "mark", "mark", "list", "list", "reset", "quit", "quit"] as const;
