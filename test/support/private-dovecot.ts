// A Dovecot of the test's own: loopback only, POP3 and IMAP, with its own configuration and log, over the Maildirs of a spool.
// The system's Dovecot is neither used nor touched. Its master needs root, and its mail may not belong to root.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.js";
import { until } from "./eventually.js";
import { greets } from "./foreign-daemon.js";
import { freePort } from "./free-port.js";
import { PASSWORD } from "./gateway-process.js";
import { MAIL_OWNER } from "./mail-owner.js";
import { isRunning } from "./process-state.js";
import { temporaryDirectory } from "./temporary-directory.js";

export interface DovecotOptions {
  /** The Maildir of a user is SPOOL/USER. */
  readonly spool: string;
  readonly users: readonly string[];
  /** Lines of dovecot.conf, after those of the test: of two settings with one name the later counts. */
  readonly settings?: string;
  /** A rule of Dovecot's quota plugin, `*:storage=10M`: usage is then kept in maildirsize. */
  readonly quotaRule?: string;
}

export class PrivateDovecot {
  readonly directory: string;
  readonly ports: { readonly pop3: number; readonly imap: number };
  readonly #options: DovecotOptions;
  #pid = 0;

  private constructor(directory: string, ports: { pop3: number; imap: number }, options: DovecotOptions) {
    this.directory = directory;
    this.ports = ports;
    this.#options = options;
  }

  /** Starts it and waits until both listeners greet; every user has the PASSWORD of the gateway's users. Ends with the test. */
  static async start(t: TestContext, options: DovecotOptions): Promise<PrivateDovecot> {
    const ports = { pop3: await freePort(), imap: await freePort() };
    const dovecot = new PrivateDovecot(temporaryDirectory(t), ports, options);
    mkdirSync(options.spool, { recursive: true });
    cleanUp(t, () => dovecot.stop());
    await dovecot.startAgain();
    return dovecot;
  }

  get configurationFile(): string {
    return join(this.directory, "dovecot.conf");
  }

  get log(): string {
    return readFileSync(join(this.directory, "dovecot.log"), "utf8");
  }

  /** After `stop`: the same ports; `settings` in place of those it was started with. */
  async startAgain(settings = this.#options.settings ?? ""): Promise<void> {
    const users = this.#options.users.map((user) => `${user}:{PLAIN}${PASSWORD}::::::\n`);
    writeFileSync(join(this.directory, "passwd"), users.join(""));
    writeFileSync(this.configurationFile, `${this.#configuration()}\n${settings}\n`);
    this.#run();
    this.#pid = await until("Dovecot writes its pid", () => this.#pidOfMaster());
    await until("Dovecot's POP3 greets", () => greets(this.ports.pop3));
    await until("Dovecot's IMAP greets", () => greets(this.ports.imap));
  }

  /** Ends it with all its processes; what it keeps in memory is on disk then. */
  async stop(): Promise<void> {
    if (this.#pid === 0) return;
    const pid = this.#pid;
    this.#pid = 0;
    process.kill(pid, "SIGTERM");
    await until("Dovecot has ended", () => !isRunning(pid));
  }

  /** `doveadm WORDS` against this Dovecot; what it prints. */
  doveadm(...words: readonly string[]): string {
    return execFileSync("doveadm", ["-c", this.configurationFile, ...words], { env: environment(), encoding: "utf8" });
  }

  // What it says goes to a file: the daemon keeps its end of a pipe open, and who reads from that would wait for ever.
  #run(): void {
    const output = join(this.directory, "start.log");
    const file = openSync(output, "w");
    const { status } = spawnSync("dovecot", ["-c", this.configurationFile], {
      env: environment(),
      stdio: ["ignore", file, file],
    });
    closeSync(file);
    assert.equal(status, 0, readFileSync(output, "utf8"));
  }

  #pidOfMaster(): number | undefined {
    const file = join(this.directory, "base/master.pid");
    return existsSync(file) ? Number(/^(\d+)\n/.exec(readFileSync(file, "latin1"))?.[1] ?? 0) || undefined : undefined;
  }

  #configuration(): string {
    const { directory, ports } = this;
    const { spool, quotaRule } = this.#options;
    return `protocols = pop3 imap
listen = 127.0.0.1
base_dir = ${directory}/base
state_dir = ${directory}/state
log_path = ${directory}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
first_valid_uid = ${MAIL_OWNER}
mail_location = maildir:${spool}/%u
mail_max_userip_connections = 0
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${directory}/passwd
}
userdb {
  driver = static
  args = uid=${MAIL_OWNER} gid=${MAIL_OWNER} home=${spool}/%u allow_all_users=yes
}
service pop3-login {
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
service imap-login {
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = 0
  }
}
${quotaRule === undefined ? "" : quotaOf(quotaRule)}`;
  }
}

const quotaOf = (rule: string): string => `mail_plugins = quota
plugin {
  quota = maildir:User quota
  quota_rule = ${rule}
}
`;

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: `/usr/sbin:/sbin:${process.env["PATH"]}` });
