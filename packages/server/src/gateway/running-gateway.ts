// The composition root: builds every object once, passes it down, and owns the life of all of them.
//
//   foundation   what outlives a reload: stage, storage, locks, limits, log
//   generation   what a reload replaces as a whole: accounts, policies, certificates, the way to the maildrops
//   listeners    where connections come from; a connection keeps the generation it began with

import cluster from "node:cluster";
import type { Socket } from "node:net";
import { hostname } from "node:os";
import { TLSSocket } from "node:tls";
import { makeApopStamp } from "../auth/apop-stamp.js";
import type { Config, ListenConfig } from "../config/config.js";
import { descriptorShortage } from "../lifecycle/descriptor-limit.js";
import { type FileWatcher, watchFiles } from "../lifecycle/file-watcher.js";
import { DRAIN_MS, RELEASE_MS } from "../lifecycle/patience.js";
import { answerPool } from "../lifecycle/pool-questions.js";
import { dropPrivileges } from "../lifecycle/privileges.js";
import { Connection } from "../net/connection.js";
import type { Pass } from "../net/connection-limits.js";
import type { Listener, ListeningAddress } from "../net/listener.js";
import type { Foundation, GatewayOverrides } from "./foundation.js";
import { buildGeneration, type Generation, watchedFiles } from "./generation.js";
import { InheritedServers } from "./inherited-servers.js";
import { ListenerSet } from "./listener-set.js";
import { Observation } from "./observation.js";
import { Overview } from "./overview.js";
import { type Client, clientOf, peerOf } from "./peer.js";
import { ProxyReception } from "./proxy-reception.js";
import { changedAtStartOnly } from "./restart-keys.js";
import { createSessionIds } from "./session-ids.js";

export class RunningGateway {
  readonly #foundation: Foundation;
  readonly #overrides: GatewayOverrides;
  readonly #listeners: ListenerSet;
  readonly #reception: ProxyReception;
  readonly #connections = new Set<Connection>();
  readonly #overview: Overview;
  readonly #observation: Observation;
  readonly #nextSession = createSessionIds();
  readonly #startedWith: Config;
  #config: Config;
  #generation: Generation | undefined;
  #watcher: FileWatcher | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  #isReady = false;
  #isRetired = false;
  #isStopping = false;
  /** Called, and forgotten, once no connection is left. */
  #onIdle: (() => void)[] = [];

  constructor(config: Config, foundation: Foundation, overrides: GatewayOverrides) {
    this.#startedWith = config;
    this.#config = config;
    this.#foundation = foundation;
    this.#overrides = overrides;
    const { log } = foundation;
    const inherited = new InheritedServers(overrides.inherited ?? [], log);
    this.#listeners = new ListenerSet((socket, listener) => this.#accept(socket, listener), { log, inherited });
    this.#overview = new Overview({
      ...foundation,
      connections: this.#connections,
      expiries: () => this.#generation?.tls?.expiries ?? [],
      hindrance: () => this.#hindrance(),
    });
    // Of a pool the first process opens the doors, and asks.
    this.#observation = new Observation(cluster.isWorker ? NO_DOORS : config, this.#overview, log);
    if (cluster.isWorker) answerPool(this.#overview, foundation.clock);
    this.#reception = new ProxyReception({
      ...foundation,
      onRefused: (address, why) => this.#refused(address, why),
    });
  }

  get addresses(): readonly ListeningAddress[] {
    return this.#listeners.addresses;
  }

  /** As Gateway.start. */
  async start(): Promise<void> {
    const { log } = this.#foundation;
    try {
      await this.#observation.openMetrics();
      this.#generation = await buildGeneration(this.#config, this.#foundation, this.#overrides);
      await this.#listeners.become(this.#config.listen);
      this.#dropPrivileges();
      await this.#observation.openControl();
    } catch (error) {
      this.#listeners.close();
      this.#closeDoors();
      throw error;
    }
    this.#isReady = true;
    this.#watch();
    const shortage = descriptorShortage(this.#config.limits.connections);
    if (shortage !== undefined) log.event("descriptors-short", { ...shortage });
    log.event("gateway-started", { pid: process.pid, listeners: this.addresses.length });
  }

  /** As Gateway.reload. */
  reload(): Promise<"reloaded" | "kept"> {
    // One after the other: two at once could leave the older one in force.
    const next = this.#reloading.then(() => this.#reload());
    this.#reloading = next;
    return next;
  }

  /** As Gateway.retire. */
  async retire(): Promise<void> {
    const { log } = this.#foundation;
    this.#isRetired = true;
    await this.#closeListeners();
    const patienceMs = this.#config.timeouts.drainMs;
    log.event("gateway-retiring", { sessions: this.#connections.size, patienceMs });
    await this.#idleWithin(patienceMs);
    for (const connection of this.#connections) connection.shutdownWhenIdle();
    await this.#idleWithin(DRAIN_MS);
  }

  /** As Gateway.stop; called once. */
  async stop(): Promise<void> {
    const { log, closeLog, store, canary, lock } = this.#foundation;
    this.#isStopping = true;
    await this.#closeListeners();
    this.#reception.close();
    await this.#watcher?.close();
    log.event("gateway-stopping", { sessions: this.#connections.size });
    await this.#drain();
    await Promise.all([store.flush(), canary?.idle()]);
    lock.close();
    this.#closeDoors();
    log.event("gateway-stopped", {});
    await closeLog();
  }

  async #drain(): Promise<void> {
    const { clock } = this.#foundation;
    for (const connection of this.#connections) connection.shutdown();
    const patience = clock.after(DRAIN_MS, () => {
      for (const connection of this.#connections) connection.destroy();
    });
    // A disk that does not answer must not keep the process for ever.
    const end = clock.after(DRAIN_MS + RELEASE_MS, () => this.#tellIdle());
    await this.#idle();
    patience.cancel();
    end.cancel();
  }

  async #reload(): Promise<"reloaded" | "kept"> {
    const { log, limits } = this.#foundation;
    if (this.#isStopping || this.#isRetired) return "kept";
    try {
      const config = this.#overrides.readConfig?.() ?? this.#config;
      const generation = await buildGeneration(config, this.#foundation, this.#overrides);
      await this.#listeners.become(config.listen);
      this.#tellWaiting(config);
      this.#generation = generation;
      this.#config = config;
      limits.update(config.limits);
      this.#watcher?.update(this.#watched());
      log.event("reloaded", {});
      return "reloaded";
    } catch (error) {
      log.event("reload-failed", { error: error instanceof Error ? error.message : String(error) });
      return "kept";
    }
  }

  #tellWaiting(after: Config): void {
    const { placeOf } = this.#overrides;
    for (const key of changedAtStartOnly({ inForce: this.#startedWith, before: this.#config, after })) {
      this.#foundation.log.event("restart-needed", { key, where: placeOf?.(key) ?? "" });
    }
  }

  #hindrance(): string | undefined {
    if (this.#isStopping) return "draining";
    return this.#isReady ? undefined : "starting";
  }

  #closeDoors(): void {
    this.#observation.close();
    this.#overview.close();
  }

  #watch(): void {
    const { clock, log } = this.#foundation;
    const onError = (cause: unknown) => log.event("watch-failed", { error: String(cause) });
    this.#watcher = watchFiles(this.#watched(), () => void this.reload(), { clock, onError });
  }

  #watched(): string[] {
    return [...(this.#overrides.watch ?? []), ...watchedFiles(this.#config)];
  }

  #dropPrivileges(): void {
    const { log } = this.#foundation;
    const outcome = dropPrivileges(this.#config);
    if (outcome.type === "still-root") log.event("running-as-root", {});
    if (outcome.type === "dropped") log.event("privileges-dropped", { uid: outcome.uid, gid: outcome.gid });
  }

  #accept(socket: Socket, listener: Listener): void {
    if (!listener.config.proxy) this.#admit(socket, listener, clientOf(socket));
    else if (this.#generation === undefined) socket.destroy();
    else this.#reception.receive(socket, this.#generation.proxies, (client) => this.#admit(socket, listener, client));
  }

  #admit(socket: Socket, listener: Listener, client: Client | undefined): void {
    if (client === undefined) {
      socket.destroy();
      return;
    }
    const pass = this.#foundation.limits.admit(client.countsAs);
    if (typeof pass === "string") {
      this.#refused(client.address, pass);
      turnAway(socket, listener.config);
      return;
    }
    const connection = this.#connect(socket, listener, client, pass);
    if (connection === undefined) {
      pass.release();
      socket.destroy();
    } else connection.start();
  }

  #refused(peer: string, why: string): void {
    this.#foundation.meter?.sessionRefused(why);
    this.#foundation.log.event("connection-refused", { peer, why });
  }

  /** undefined when the gateway has gone already. */
  #connect(socket: Socket, listener: Listener, client: Client, pass: Pass): Connection | undefined {
    const generation = this.#generation;
    if (generation === undefined || this.#isStopping) return undefined;
    const { config, tls, authenticator } = generation;
    const apopStamp = authenticator.abilities().apop
      ? makeApopStamp(hostname(), this.#foundation.clock.now())
      : undefined;
    const encrypted = listener.config.tls === "implicit";
    // A listener that a reload has just added may be ahead of its certificates.
    if (encrypted && tls === undefined) return undefined;
    const peer = peerOf(client, { session: this.#nextSession(), listener: listener.name, encrypted, apopStamp });
    const stls = listener.config.tls === "starttls" && tls !== undefined;
    const connection = new Connection(socket, peer, {
      ...this.#foundation,
      policy: generation.policies({ stls, peerIsLoopback: client.isLocal }),
      current: () => this.#generation ?? generation,
      timeouts: config.timeouts,
      secure: tls && ((plain) => new TLSSocket(plain, (this.#generation?.tls ?? tls).options)),
      onClosed: () => this.#closed(connection, pass),
    });
    this.#connections.add(connection);
    return connection;
  }

  #closed(connection: Connection, pass: Pass): void {
    pass.release();
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#tellIdle();
  }

  /** Resolves once no connection is left. */
  #idle(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#onIdle.push(resolve));
  }

  #idleWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const patience = this.#foundation.clock.after(ms, resolve);
      void this.#idle().then(() => {
        patience.cancel();
        resolve();
      });
    });
  }

  #tellIdle(): void {
    for (const tell of this.#onIdle.splice(0)) tell();
  }

  async #closeListeners(): Promise<void> {
    this.#listeners.close();
    // A reload under way may have bound anew.
    await this.#reloading;
    this.#listeners.close();
  }
}

/** On a listener that begins with TLS there is nothing to say: the client would take it for a broken handshake. */
function turnAway(socket: Socket, { tls }: ListenConfig): void {
  socket.on("error", () => undefined);
  if (tls === "implicit") socket.destroy();
  else socket.end("-ERR [SYS/TEMP] too many connections, try again later\r\n", () => socket.destroy());
}

const NO_DOORS = { metrics: undefined, control: undefined };
