// A Postfix of the test's own: loopback only, with its own configuration, queue and log, delivering into Maildirs of virtual
// mailboxes. The system's Postfix is neither used nor touched. Postfix needs root for its master process.

import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.js";
import { until } from "./eventually.js";
import { freePort } from "./free-port.js";
import { SmtpSender } from "./smtp-sender.js";
import { temporaryDirectory } from "./temporary-directory.js";

/** Owner of the delivered mail; virtual(8) refuses root. */
const MAIL_OWNER = 5000;
const DOMAIN = "example.test";

export class PrivatePostfix {
  readonly #directory: string;
  readonly #port: number;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
  }

  /** Starts it; mail to USER@example.test goes to `spool`/USER for each of `users`. */
  static async start(t: TestContext, spool: string, users: readonly string[]): Promise<PrivatePostfix> {
    // master.cf takes no port 0.
    const postfix = new PrivatePostfix(temporaryDirectory(t), await freePort());
    postfix.#makeDirectories(spool);
    postfix.#write("vdomains", `${DOMAIN} x\n`);
    postfix.#write("vmailbox", users.map((user) => `${user}@${DOMAIN} ${user}/\n`).join(""));
    postfix.#write("main.cf", postfix.#mainCf(spool));
    postfix.#write("master.cf", postfix.#masterCf());
    postfix.#control("start");
    cleanUp(t, () => postfix.#stop());
    await until("Postfix answers", () =>
      SmtpSender.connect(postfix.#port).then(
        (s) => s.quit(),
        () => false,
      ),
    );
    return postfix;
  }

  /** Hands in messages over several connections at once; they are queued, not yet delivered, when this resolves. */
  async submit(user: string, messages: readonly Buffer[], connections = 4): Promise<void> {
    const shares = Array.from({ length: connections }, (_, n) => messages.filter((__, i) => i % connections === n));
    await Promise.all(shares.map((share) => this.#submitShare(`${user}@${DOMAIN}`, share)));
  }

  async #submitShare(recipient: string, messages: readonly Buffer[]): Promise<void> {
    const sender = await SmtpSender.connect(this.#port);
    for (const message of messages) await sender.send("sender@example.test", recipient, message);
    await sender.quit();
  }

  #makeDirectories(spool: string): void {
    for (const name of ["etc", "spool", "data"]) mkdirSync(join(this.#directory, name));
    mkdirSync(spool, { recursive: true });
    chownSync(spool, MAIL_OWNER, MAIL_OWNER);
    chownSync(join(this.#directory, "data"), Number(execFileSync("id", ["-u", "postfix"], { encoding: "latin1" })), 0);
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#directory, "etc", name), text);
  }

  #control(command: string): void {
    execFileSync("postfix", ["-c", join(this.#directory, "etc"), command], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, PATH: `/usr/sbin:/sbin:${process.env["PATH"]}` },
    });
  }

  async #stop(): Promise<void> {
    const pid = Number(readFileSync(join(this.#directory, "spool", "pid", "master.pid"), "latin1"));
    this.#control("stop");
    await until("Postfix has ended", () => !isAlive(pid));
  }

  #mainCf(spool: string): string {
    const own = this.#directory;
    return [
      "compatibility_level = 3.6",
      `queue_directory = ${own}/spool`,
      `data_directory = ${own}/data`,
      `maillog_file = ${own}/mail.log`,
      `maillog_file_prefixes = ${own}`,
      "myhostname = mail.example.test",
      "inet_interfaces = 127.0.0.1",
      "inet_protocols = ipv4",
      "mynetworks = 127.0.0.0/8",
      // Only virtual mailboxes exist, and nothing ever leaves this machine.
      "mydestination =",
      "alias_maps =",
      "alias_database =",
      "local_recipient_maps =",
      "smtpd_relay_restrictions = reject_unauth_destination",
      "default_transport = error:nothing is sent out",
      "smtp_dns_support_level = disabled",
      "smtpd_peername_lookup = no",
      "biff = no",
      `virtual_mailbox_domains = texthash:${own}/etc/vdomains`,
      `virtual_mailbox_maps = texthash:${own}/etc/vmailbox`,
      `virtual_mailbox_base = ${spool}`,
      `virtual_minimum_uid = ${MAIL_OWNER}`,
      `virtual_uid_maps = static:${MAIL_OWNER}`,
      `virtual_gid_maps = static:${MAIL_OWNER}`,
      "virtual_mailbox_limit = 0",
      // A test may be as fast as it can.
      "in_flow_delay = 0",
      "smtpd_client_connection_count_limit = 0",
      "",
    ].join("\n");
  }

  /** Columns: name, type, private, unprivileged, chroot, wakeup, process limit, command. No service is chrooted. */
  #masterCf(): string {
    return `
127.0.0.1:${this.#port} inet n - n - - smtpd
pickup     unix  n - n 60  1 pickup
cleanup    unix  n - n -   0 cleanup
qmgr       unix  n - n 300 1 qmgr
rewrite    unix  - - n -   - trivial-rewrite
proxymap   unix  - - n -   - proxymap
bounce     unix  - - n -   0 bounce
defer      unix  - - n -   0 bounce
trace      unix  - - n -   0 bounce
error      unix  - - n -   - error
retry      unix  - - n -   - error
virtual    unix  - n n -   - virtual
anvil      unix  - - n -   1 anvil
postlog    unix-dgram n - n - 1 postlogd
`.trimStart();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
