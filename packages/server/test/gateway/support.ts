// A gateway in this process, whose configuration, log and time are the test's.

import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Config } from "#server/config/config";
import { completeConfig } from "#server/config/load-config";
import type { GatewayOverrides } from "#server/gateway/foundation";
import { type ConfigInput, createGateway, createMemoryMaildrop, type Gateway } from "#server/index";
import { FakeClock } from "../support/fake-clock.js";
import { RecordingLog } from "../support/recording-log.js";
import { tempDirectory } from "../support/temp-directory.js";
import { until } from "../support/until.js";

export const PLAIN = { address: "127.0.0.1", port: 0, tls: "none" } as const;

export interface Scene {
  readonly gateway: Gateway;
  readonly log: RecordingLog;
  readonly clock: FakeClock;
  readonly directory: string;
  /** What the next reload reads; a function that throws stands for a broken file. */
  next: Config | (() => Config);
  /** The port of the first listener. */
  port(): number;
}

/** undefined: Postigo's own part instead of the one that a scene has. */
export type SceneOverrides = { readonly [K in keyof GatewayOverrides]: GatewayOverrides[K] | undefined };

/** Accounts `ana` and `ben` with the password `secret`, each with two messages in memory, unless `overrides` says otherwise. */
export function scene(t: TestContext, input: ConfigInput = {}, overrides: SceneOverrides = {}): Scene {
  const directory = tempDirectory(t);
  const log = new RecordingLog();
  const clock = new FakeClock();
  const config = configOf(input);
  const gateway = createGateway(config, {
    authenticate: async (_user, password) => password === "secret",
    openMaildrop: () => createMemoryMaildrop([{ content: "one\n" }, { content: "two\n" }]),
    log,
    clock,
    readConfig: () => (typeof made.next === "function" ? made.next() : made.next),
    ...overrides,
  } as GatewayOverrides);
  t.after(async () => {
    let hasStopped = false;
    const stopped = gateway.stop().then(() => {
      hasStopped = true;
    });
    // Clients that still stand are lingered for.
    await until(() => {
      clock.advance(1_000);
      return hasStopped;
    });
    await stopped;
  });
  const made: Scene = { gateway, log, clock, directory, next: config, port: () => gateway.addresses[0]?.port ?? 0 };
  return made;
}

export async function started(t: TestContext, input: ConfigInput = {}, overrides: SceneOverrides = {}): Promise<Scene> {
  const made = scene(t, input, overrides);
  await made.gateway.start();
  return made;
}

export const configOf = (input: ConfigInput): Config =>
  completeConfig({ listen: [PLAIN], auth: { plaintext: "always" }, ...input }, { accounts: false, maildirs: false });

/** A spool with the Maildir of `ana` in it, who has one message, and a users file. */
export function spool(
  directory: string,
  users = "ana:{PLAIN}secret\n",
): { maildir: string; root: string; users: string } {
  const root = join(directory, "spool");
  const maildir = join(root, "ana");
  for (const folder of ["tmp", "new", "cur"]) mkdirSync(join(maildir, folder), { recursive: true });
  writeFileSync(join(maildir, "new", "1700000000.M1P1.host"), "Subject: hello\n\nbody\n");
  const file = join(directory, "users");
  writeFileSync(file, users);
  return { maildir, root: `${root}/%{user}`, users: file };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
