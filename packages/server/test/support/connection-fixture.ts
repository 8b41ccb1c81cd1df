// Connections over real sockets, with everything behind them in the test's hand.

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { TLSSocket } from "node:tls";
import { createWireKernel } from "@postigo/protocol";
import type { Eventually, Maildrop, OpenOutcome } from "@postigo/storage";
import type { Account, AuthenticationExchange } from "#server/auth/authenticator";
import { createProgrammaticAuthenticator, type VerifyPassword } from "#server/auth/programmatic";
import { createThrottle } from "#server/auth/throttle";
import { clientOf, peerOf } from "#server/gateway/peer";
import { createSessionPolicies } from "#server/gateway/session-policies";
import { MaildropOpener } from "#server/maildrop/maildrop-opener";
import { Connection } from "#server/net/connection";
import { ConnectionLimits } from "#server/net/connection-limits";
import { STAGE_MEMORY_OCTETS, Stage } from "#server/net/stage";
import type { TlsServerOptions } from "#server/tls/tls-contexts";
import { FakeClock } from "./fake-clock.js";
import { dial, type Pop3Client } from "./pop3-client.js";
import { RecordingLock } from "./recording-lock.js";
import { RecordingLog } from "./recording-log.js";
import { until } from "./until.js";

export const LOGIN_MS = 180_000;
export const AUTOLOGOUT_MS = 600_000;
export const STALLED_MS = 120_000;

export interface FixtureOptions {
  /** Opens the maildrop of an account. */
  readonly open?: (account: Account) => Eventually<OpenOutcome>;
  readonly maildrop?: Maildrop;
  readonly verify?: VerifyPassword;
  readonly begin?: () => AuthenticationExchange;
  readonly tls?: () => TlsServerOptions;
  readonly implicit?: boolean;
  readonly stage?: Stage;
  readonly perAccount?: number;
}

export interface Served {
  readonly client: Pop3Client;
  readonly connection: Connection;
  /** The server's side of it. */
  readonly socket: Socket;
}

export class ConnectionFixture {
  readonly clock = new FakeClock();
  readonly log = new RecordingLog();
  readonly lock = new RecordingLock();
  readonly closed: Connection[] = [];
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true });
  readonly #opener: MaildropOpener;
  readonly #options: FixtureOptions;
  readonly #stage: Stage;
  #port = 0;
  #count = 0;

  constructor(options: FixtureOptions) {
    this.#options = options;
    this.#stage = options.stage ?? new Stage(createWireKernel(STAGE_MEMORY_OCTETS));
    const opened = (): OpenOutcome => {
      if (options.maildrop === undefined) throw new Error("the test has no maildrop");
      return { type: "opened", maildrop: options.maildrop };
    };
    this.#opener = new MaildropOpener({
      source: { locate: ({ name }) => `/memory/${name}`, open: (_place, account) => (options.open ?? opened)(account) },
      lock: this.lock,
      clock: this.clock,
      log: this.log,
      markRetrieved: true,
      limits: new ConnectionLimits({ connections: 100, perAddress: 100, perAccount: options.perAccount ?? 10 }),
    });
  }

  async dial(t: TestContext): Promise<Served> {
    const accepted = once(this.#server, "connection") as Promise<[Socket]>;
    const client = await dial(t, this.#port);
    const [socket] = await accepted;
    t.after(() => socket.destroy());
    const connection = this.#connect(socket);
    connection.start();
    return { client, connection, socket };
  }

  /** A session that is logged in. */
  async enter(t: TestContext): Promise<Served> {
    const served = await this.dial(t);
    const answer = await served.client.login();
    if (!answer?.startsWith("+OK")) throw new Error(`login: ${answer}`);
    return served;
  }

  async listen(t: TestContext): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.#port = address.port;
    t.after(() => this.#server.close());
    return this;
  }

  allClosed(count = 1): Promise<void> {
    return until(() => this.closed.length >= count);
  }

  #connect(socket: Socket): Connection {
    const { tls, verify = async (_user, password) => password === "secret", implicit = false } = this.#options;
    const { clock, log } = this;
    const client = clientOf(socket);
    if (client === undefined) throw new Error("gone already");
    const peer = peerOf(client, {
      session: `s${++this.#count}`,
      listener: "127.0.0.1:110",
      encrypted: implicit,
      apopStamp: undefined,
    });
    const throttle = createThrottle({ clock, failuresBeforeDelay: 100 });
    const authenticator = createProgrammaticAuthenticator({ verify, clock, throttle });
    const { begin } = this.#options;
    const policies = createSessionPolicies(
      { plaintext: "always", mechanisms: undefined, apop: false },
      authenticator.abilities(),
    );
    const connection: Connection = new Connection(socket, peer, {
      policy: policies({ stls: tls !== undefined && !implicit, peerIsLoopback: true }),
      current: () => ({
        authenticator: begin === undefined ? authenticator : { ...authenticator, begin },
        opener: this.#opener,
      }),
      stage: this.#stage,
      clock,
      log,
      timeouts: { loginMs: LOGIN_MS, autologoutMs: AUTOLOGOUT_MS, stalledMs: STALLED_MS },
      secure: tls && ((plain) => new TLSSocket(plain, tls())),
      onClosed: () => void this.closed.push(connection),
    });
    return connection;
  }
}

export const serving = (t: TestContext, options: FixtureOptions): Promise<ConnectionFixture> =>
  new ConnectionFixture(options).listen(t);
