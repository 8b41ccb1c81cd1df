// The built program as a child process, in a directory of its own, on free ports, with its log collected.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type CertificateFiles, makeCertificate } from "./certificate.js";
import { cleanUp } from "./clean-up.js";
import { until, within } from "./eventually.js";
import { MaildirFixture } from "./maildir-fixture.js";
import { type Finished, run } from "./real-client.js";
import { tracedChildOf } from "./strace.js";
import { temporaryDirectory } from "./temporary-directory.js";

export const POSTIGO = fileURLToPath(new URL("../../packages/server/bin/postigo.js", import.meta.url));

/** One line of the JSON log. */
export interface LogEvent {
  readonly event: string;
  readonly mechanism?: string;
  readonly user?: string;
  readonly peer?: string;
  readonly tls?: boolean | string;
  readonly port?: number;
  readonly address?: string;
  readonly session?: string;
  readonly reason?: string;
  readonly [field: string]: unknown;
}

export interface GatewayOptions {
  /** Account name to users-file entry without the name, `{PLAIN}secret`; default: alice with the password `wonderland`. */
  readonly users?: Readonly<Record<string, string>>;
  /** Laid over the configuration of the test, section by section. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Where the maildrops are; default: a new directory. Two gateways on one spool share it. */
  readonly spool?: string;
  /** A wrapper command before node that has it as its only child, as `slowedBy`. */
  readonly through?: readonly string[];
  /** Over the variables of the test. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Ports by kind of listener. */
export interface Ports {
  readonly none: number;
  readonly starttls: number;
  readonly implicit: number;
}

export const PASSWORD = "wonderland";

export class GatewayProcess {
  readonly directory: string;
  readonly spool: string;
  readonly certificate: CertificateFiles;
  readonly events: LogEvent[] = [];
  readonly #options: GatewayOptions;
  #child: ChildProcess | undefined;
  #log = "";
  #ports: Ports = { none: 0, starttls: 0, implicit: 0 };

  private constructor(t: TestContext, options: GatewayOptions) {
    this.directory = temporaryDirectory(t);
    this.spool = options.spool ?? join(this.directory, "mail");
    this.certificate = makeCertificate(join(this.directory, "tls"), "localhost");
    this.#options = options;
  }

  /** Starts a gateway and waits until it listens. It is ended with the test, which fails if its log shows a password. */
  static async start(t: TestContext, options: GatewayOptions = {}): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(t, options);
    mkdirSync(gateway.spool, { recursive: true });
    writeFileSync(join(gateway.spool, ".keep"), "");
    gateway.writeUsers(options.users ?? { alice: `{PLAIN}${PASSWORD}` });
    gateway.writeConfiguration(options.configuration ?? {});
    cleanUp(t, () => gateway.#endWithTest());
    await gateway.startAgain();
    return gateway;
  }

  get ports(): Ports {
    return this.#ports;
  }

  get pid(): number {
    assert.ok(this.#child?.pid, "the gateway runs");
    return this.#options.through === undefined ? this.#child.pid : tracedChildOf(this.#child.pid);
  }

  get log(): string {
    return this.#log;
  }

  get configurationFile(): string {
    return join(this.directory, "postigo.yaml");
  }

  get usersFile(): string {
    return join(this.directory, "users");
  }

  maildir(user = "alice"): MaildirFixture {
    return new MaildirFixture(this.maildirPath(user));
  }

  maildirPath(user = "alice"): string {
    return join(this.spool, user);
  }

  /** After `stop` or `kill`: the same files, new ports. */
  async startAgain(): Promise<void> {
    const command = [
      ...(this.#options.through ?? []),
      process.execPath,
      POSTIGO,
      "serve",
      "--config",
      this.configurationFile,
    ];
    const [file = "", ...args] = command;
    const env = { ...process.env, ...this.#options.env };
    const child = spawn(file, args, { stdio: ["ignore", "inherit", "pipe"], env });
    this.#child = child;
    const from = this.events.length;
    if (child.stderr) createInterface(child.stderr).on("line", (line) => this.#take(line));
    await until("the gateway listens", () => {
      assert.equal(child.exitCode, null, `the gateway ended with ${child.exitCode}:\n${this.#log}`);
      return this.events.slice(from).filter(({ event }) => event === "listening").length >= 3;
    });
    this.#ports = portsOf(this.events.slice(from));
  }

  writeUsers(users: Readonly<Record<string, string>>): void {
    const lines = Object.entries(users).map(([name, entry]) => `${name}:${entry}\n`);
    writeFileSync(this.usersFile, lines.join(""));
  }

  /** YAML is a superset of JSON. */
  writeConfiguration(changes: Readonly<Record<string, unknown>>): void {
    writeFileSync(this.configurationFile, JSON.stringify({ ...this.#configuration(), ...changes }, undefined, 2));
  }

  /** The first event of that name, also one that has come already, from the `from`-th event on. */
  async event(name: string, matches: (event: LogEvent) => boolean = () => true, from = 0): Promise<LogEvent> {
    return until(`the log event ${name}`, () => this.events.slice(from).find((e) => e.event === name && matches(e)));
  }

  /** All events of that name, once there are `count` of them: lines of the log come out a little later than replies. */
  async eventsNamed(name: string, count: number): Promise<LogEvent[]> {
    const found = (): LogEvent[] => this.events.filter(({ event }) => event === name);
    await until(`${count} log events ${name}`, () => found().length >= count);
    return found();
  }

  /** Another command of the program, with this gateway's configuration, run to its end. */
  command(...words: readonly string[]): Promise<Finished> {
    return run(process.execPath, [POSTIGO, ...words, "--config", this.configurationFile]);
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** SIGTERM, and a clean end: exit status 0. */
  async stop(): Promise<void> {
    assert.equal(await this.#ending("SIGTERM"), 0, `exit status after SIGTERM; the log:\n${this.#log}`);
  }

  /** kill -9: no handler runs. */
  async kill(): Promise<void> {
    await this.#ending("SIGKILL");
  }

  /** Waits for an end that something else caused; the exit status. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    assert.ok(child, "the gateway was started");
    if (child.exitCode === null && child.signalCode === null) await within("the gateway's end", once(child, "exit"));
    return child.exitCode;
  }

  /** Resident memory in octets. */
  residentMemory(): number {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.pid}/status`, "latin1"))?.[1];
    return Number(kilobytes) * 1024;
  }

  async #ending(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child?.exitCode === null && child.signalCode === null) this.signal(signal);
    return this.ended();
  }

  async #endWithTest(): Promise<void> {
    await this.#ending("SIGKILL");
    for (const entry of Object.values(this.#options.users ?? { alice: `{PLAIN}${PASSWORD}` })) {
      const secret = /^\{PLAIN\}([^:]{6,})/.exec(entry)?.[1];
      assert.ok(!secret || !this.#log.includes(secret), "a password stands in the log");
    }
  }

  #take(line: string): void {
    this.#log += `${line}\n`;
    if (line.startsWith("{")) this.events.push(JSON.parse(line));
  }

  #configuration(): Record<string, unknown> {
    const listen = ["none", "starttls", "implicit"].map((tls) => ({ address: "127.0.0.1", port: 0, tls }));
    return {
      listen,
      tls: this.certificate,
      spool: { maildir: `${this.spool}/%{user}` },
      accounts: [{ type: "users-file", path: "users" }],
      auth: { plaintext: "loopback" },
      log: { level: "debug", format: "json" },
    };
  }
}

function portsOf(events: readonly LogEvent[]): Ports {
  const listening = events.filter(({ event }) => event === "listening");
  const port = (tls: string): number => Number(listening.find((event) => event.tls === tls)?.port ?? 0);
  return { none: port("none"), starttls: port("starttls"), implicit: port("implicit") };
}
