// What a reload replaces as a whole. Building one touches nothing of the one in force, so a broken file changes nothing.

import { hostname } from "node:os";
import type { AccountSource } from "../auth/account-source.js";
import { mechanismShortfalls } from "../auth/announced-mechanisms.js";
import type { Authenticator } from "../auth/authenticator.js";
import { createAuthenticator } from "../auth/create-authenticator.js";
import { createMemorySource, parseInlineAccount } from "../auth/memory-source.js";
import type { NameForms } from "../auth/name-reading.js";
import { createProgrammaticAuthenticator } from "../auth/programmatic.js";
import { createUsersFileSource } from "../auth/users-file-source.js";
import { createCanaryGuard } from "../canary/canary-guard.js";
import { acceptCommand } from "../canary/create-canary.js";
import type { AccountsConfig, Config } from "../config/config.js";
import { HeldPurge } from "../maildrop/held-purge.js";
import { parseMaildirTemplate } from "../maildrop/maildir-path.js";
import { MaildropOpener, type MaildropSource } from "../maildrop/maildrop-opener.js";
import { createMaildirSource, createProgrammaticSource, type MaildropGuard } from "../maildrop/maildrop-sources.js";
import { createNetworks, type Networks } from "../net/networks.js";
import { createTlsContexts, type TlsContexts } from "../tls/tls-contexts.js";
import type { Foundation, GatewayOverrides } from "./foundation.js";
import { logTlsEvent } from "./log-events.js";
import { createSessionPolicies, type SessionPolicies } from "./session-policies.js";

export interface Generation {
  readonly config: Config;
  readonly authenticator: Authenticator;
  readonly policies: SessionPolicies;
  readonly opener: MaildropOpener;
  readonly tls: TlsContexts | undefined;
  /** Whose word about their clients is believed. */
  readonly proxies: Networks;
}

/** Rejects when an account source or a certificate cannot be read at all. */
export async function buildGeneration(
  config: Config,
  foundation: Foundation,
  overrides: GatewayOverrides,
): Promise<Generation> {
  const { clock, log } = foundation;
  const authenticator = await buildAuthenticator(config, foundation, overrides);
  return {
    config,
    authenticator,
    policies: createSessionPolicies(config.auth, authenticator.abilities(), config.maildrop.expireMs),
    opener: buildOpener(config, foundation, overrides),
    tls: config.tls && createTlsContexts(config.tls, { clock, onEvent: (event) => logTlsEvent(log, event) }),
    proxies: createNetworks(config.proxy.from),
  };
}

/** The files a generation was made from. */
export function watchedFiles({ accounts, tls }: Config): string[] {
  const users = accounts.flatMap((source) => (source.type === "users-file" ? [source.path] : []));
  const pairs = tls === undefined ? [] : [tls, ...tls.names];
  return [...users, ...pairs.flatMap(({ certificate, key }) => [certificate, key])];
}

async function buildAuthenticator(
  config: Config,
  foundation: Foundation,
  overrides: GatewayOverrides,
): Promise<Authenticator> {
  const { authenticate } = overrides;
  if (authenticate !== undefined) return createProgrammaticAuthenticator({ ...foundation, verify: authenticate });
  const { mechanisms, apop } = config.auth;
  const sources = await Promise.all(config.accounts.map((source) => loadSource(source, foundation)));
  const secrets = sources.flatMap((source) => source.secrets());
  for (const shortfall of mechanismShortfalls(mechanisms, secrets)) {
    foundation.log.event("mechanism-not-for-all", { ...shortfall, of: secrets.length });
  }
  return createAuthenticator({
    ...foundation,
    hostname: hostname(),
    sources,
    mechanisms,
    apop,
    names: namesOf(config),
  });
}

const namesOf = ({ spool, maildrop }: Config): NameForms => ({
  folderSeparator: spool.folderSeparator,
  recent: maildrop.recentMs !== undefined,
});

async function loadSource(config: AccountsConfig, { log }: Foundation): Promise<AccountSource> {
  if (config.type === "inline") return inlineSource(config.users);
  const { source, problems, count } = await createUsersFileSource(config.path).load();
  for (const { line, column, what, remedy } of problems) {
    log.event("accounts-problem", { at: `${config.path}:${line}:${column}`, what, remedy });
  }
  log.event("accounts-loaded", { path: config.path, accounts: count });
  return source;
}

function inlineSource(users: readonly string[]): AccountSource {
  const accounts = users.map((text, index) => {
    const parsed = parseInlineAccount(text);
    // The text holds a password: it is named by its place only.
    if (!("account" in parsed)) throw new Error(`--user number ${index + 1}: ${parsed.what}; ${parsed.remedy}`);
    return parsed.account;
  });
  return createMemorySource(new Map(accounts.map((account) => [account.name, account])));
}

function buildOpener(config: Config, foundation: Foundation, overrides: GatewayOverrides): MaildropOpener {
  const { lock, clock, log, meter, limits } = foundation;
  return new MaildropOpener({
    source: buildSource(config, foundation, overrides),
    lock,
    clock,
    log,
    meter,
    markRetrieved: config.maildrop.retrieved === "mark-seen",
    limits,
  });
}

function buildSource(config: Config, foundation: Foundation, { openMaildrop }: GatewayOverrides): MaildropSource {
  if (openMaildrop !== undefined) return createProgrammaticSource(openMaildrop);
  const { spool, maildrop } = config;
  const template = parseMaildirTemplate(spool.maildir);
  if (template.type === "problem") throw new Error(`spool.maildir: ${template.what}; ${template.remedy}`);
  const { deleted } = maildrop;
  const heldPurge = deleted.type === "hold" ? new HeldPurge({ ...foundation, keptMs: deleted.ms }) : undefined;
  return createMaildirSource({
    ...foundation,
    template,
    spool,
    maildrop,
    heldPurge,
    guard: buildGuard(config, foundation),
  });
}

function buildGuard(config: Config, { canary, log }: Foundation): MaildropGuard | undefined {
  if (canary === undefined || !config.canary.enabled) return undefined;
  const remedy = (user: string): string => acceptCommand(user, config, process.env);
  return createCanaryGuard({ canary, thresholds: config.canary, log, remedy });
}
