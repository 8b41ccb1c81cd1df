// Four messages, of which a client deletes two while the disk fails; and what must be true of them afterwards, whatever failed.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importedIds } from "./crc-line.js";
import { type GatewayProcess, PASSWORD } from "./gateway-process.js";
import { numberedMessage } from "./maildir-fixture.js";
import { RawClient } from "./raw-client.js";
import type { Reply } from "./reply-grammar.js";

export const MESSAGES = [1, 2, 3, 4];
export const DELETED = [2, 3];
/** Those with the id of an earlier server; the others have that of their name. */
export const IMPORTED = [1, 3];
/** What a refusal may say; anything else is a fault of ours. */
const REFUSALS = new Set(["SYS/TEMP", "SYS/PERM", "IN-USE"]);

export const nameOf = (message: number): string => `170000000${message}.M1P1.host`;
const folderOf = (message: number): "new" | "cur" => (message < 3 ? "new" : "cur");
/** Below the maildrop. */
export const pathOf = (message: number): string => `${folderOf(message)}/${nameOf(message)}`;
export const idOf = (message: number): string =>
  IMPORTED.includes(message) ? `UID${message}-1600000000` : nameOf(message);

export class FaultedMaildrop {
  readonly user: string;
  readonly path: string;
  readonly #gateway: GatewayProcess;

  constructor(gateway: GatewayProcess, user: string) {
    this.user = user;
    this.#gateway = gateway;
    this.path = gateway.maildirPath(user);
    const maildir = gateway.maildir(user);
    for (const message of MESSAGES) {
      maildir.add({
        what: `${message}`,
        folder: folderOf(message),
        name: nameOf(message),
        octets: numberedMessage(message),
      });
    }
    writeFileSync(join(this.path, "maildirsize"), "100000S\n500 4\n");
    const ids = new Map(IMPORTED.map((message) => [nameOf(message), idOf(message)]));
    writeFileSync(join(this.path, "postigo.uids"), importedIds(ids));
  }

  /** The paths that a session of process `pid` uses, but for the owner file, whose name is random. */
  pathsOf(pid: number): readonly string[] {
    const names = ["", "new", "cur", "maildirsize", "postigo.lock", "postigo.journal", "postigo.index", "postigo.uids"];
    const temporary = ["index", "journal"].map((what) => `postigo.${what}.${pid}.tmp`);
    const messages = MESSAGES.map(nameOf).flatMap((name) => [`new/${name}`, `cur/${name}`, `cur/${name}:2,S`]);
    return [...names, ...temporary, ...messages].map((name) => join(this.path, name));
  }

  /** The answer to QUIT; undefined: the login was refused, with a reason. */
  async session(deletes: readonly number[]): Promise<Reply | undefined> {
    const client = await this.#login();
    if (client === undefined) return undefined;
    await client.lines("UIDL");
    const retrieved = await client.command("RETR 1");
    if (retrieved.ok) await restOfMessage(client);
    for (const message of deletes) await client.ok(`DELE ${message}`);
    return client.quit();
  }

  /** Every message is there once and whole; of those that were deleted each, some or, if `areGone`, none. */
  expectNothingLost(areGone: boolean): void {
    const there = this.messagesThere();
    for (const message of MESSAGES) {
      const [least, most] = DELETED.includes(message) ? [0, areGone ? 0 : 1] : [1, 1];
      const count = there.filter((other) => other === message).length;
      assert.ok(least <= count && count <= most, `message ${message} is there ${count} times`);
    }
  }

  messagesThere(): readonly number[] {
    return this.#gateway
      .maildir(this.user)
      .canonicalContents()
      .map((octets) => {
        const text = octets.toString("latin1");
        const message = Number(/Subject: number (\d+)/.exec(text)?.[1]);
        assert.ok(text.endsWith(`message ${message}, line 4\r\n`), "a message was cut off");
        return message;
      });
  }

  /** Whether a login finds the maildrop, with the ids it had; if not, it was told why. */
  async opens(): Promise<boolean> {
    const client = await this.#login();
    if (client === undefined) return false;
    const ids = (await client.lines("UIDL")).map((line) => line.split(" ")[1]);
    for (const [at, id] of ids.entries()) {
      const octets: Buffer = await client.retrieve(at + 1);
      const message = Number(/^Subject: number (\d+)/m.exec(octets.toString("latin1"))?.[1]);
      assert.equal(id, idOf(message), "a unique-id has changed");
    }
    await client.quit();
    return true;
  }

  async #login(): Promise<RawClient | undefined> {
    const client = await RawClient.connect(this.#gateway.ports.none);
    await client.ok(`USER ${this.user}`);
    const { ok, code, text } = await client.command(`PASS ${PASSWORD}`);
    if (ok) return client;
    assert.ok(REFUSALS.has(code ?? ""), `refused with ${code} ${text}`);
    client.destroy();
    return undefined;
  }
}

async function restOfMessage(client: RawClient): Promise<void> {
  for (let line = await client.line(); line.toString("latin1") !== "."; ) line = await client.line();
}
