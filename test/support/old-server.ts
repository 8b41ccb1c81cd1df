// What a server of another make lists, to be compared with what Postigo lists after it.

import assert from "node:assert/strict";
import { type GatewayProcess, PASSWORD, POSTIGO } from "./gateway-process.js";
import { MAIL_OWNER } from "./mail-owner.js";
import { RawClient } from "./raw-client.js";
import { type Finished, run } from "./real-client.js";

export interface Listing {
  /** Lines of the answers, `number octets` and `number unique-id`. */
  readonly scan: readonly string[];
  readonly uids: readonly string[];
}

export async function listingOf(port: number, user = "alice"): Promise<Listing> {
  const client = await RawClient.login(port, user, PASSWORD);
  const scan = linesOf((await client.multiLine("LIST")).body);
  const uids = linesOf((await client.multiLine("UIDL")).body);
  await client.quit();
  return { scan, uids };
}

/** The messages in their order, octet for octet. */
export async function contentsOf(port: number, count: number, user = "alice"): Promise<readonly string[]> {
  const client = await RawClient.login(port, user, PASSWORD);
  const contents: string[] = [];
  for (let number = 1; number <= count; number++) {
    contents.push((await client.multiLine(`RETR ${number}`)).body.toString("latin1"));
  }
  await client.quit();
  return contents;
}

export async function assertSameListing(port: number, expected: Listing, user = "alice"): Promise<void> {
  assert.deepEqual(await listingOf(port, user), expected);
}

/** The configuration of a gateway that takes over mail of the mail owner, and changes nothing in it. */
export const TAKING_OVER = {
  user: `${MAIL_OWNER}`,
  group: `${MAIL_OWNER}`,
  maildrop: { retrieved: "leave" },
};

/** `postigo uids WORDS` with the configuration of `gateway`. */
export function uids(gateway: GatewayProcess, words: readonly string[], input = ""): Promise<Finished> {
  return run(process.execPath, [POSTIGO, "uids", ...words, "--config", gateway.configurationFile], { input });
}

export async function uidsSucceed(gateway: GatewayProcess, words: readonly string[], input = ""): Promise<string> {
  const { status, stdout, stderr } = await uids(gateway, words, input);
  assert.equal(status, 0, `postigo uids ${words.join(" ")}: ${stderr}${stdout}`);
  return stdout.toString("utf8");
}

const linesOf = (body: Buffer): readonly string[] => body.toString("latin1").split("\r\n").slice(0, -1);
