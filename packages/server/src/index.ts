// The library: what another program may embed.

import type { Config } from "./config/config.js";
import { type ConfigInput, completeConfig } from "./config/load-config.js";
import type { GatewayOverrides } from "./gateway/foundation.js";
import { type Gateway, PostigoGateway } from "./gateway/gateway.js";

export type { Account, Peer } from "./auth/authenticator.js";
export type { Clock, Timer } from "./clock.js";
export type { Config } from "./config/config.js";
export type { ConfigInput } from "./config/load-config.js";
export { ConfigError } from "./config/problem.js";
export type { GatewayOverrides } from "./gateway/foundation.js";
export type { Gateway } from "./gateway/gateway.js";
export type { EventLog } from "./log/event-log.js";
export { createMemoryMaildrop, type MemoryMaildropOptions, type MemoryMessage } from "./maildrop/memory-maildrop.js";
export type { ListeningAddress } from "./net/listener.js";

/**
 * A POP3 server that has not started yet. `config`: the keys of the configuration file, all optional, or a whole
 * configuration that was loaded. Throws ConfigError, which names every problem.
 */
export function createGateway(config: Config | ConfigInput, overrides: GatewayOverrides = {}): Gateway {
  const needs = { accounts: overrides.authenticate === undefined, maildirs: overrides.openMaildrop === undefined };
  return new PostigoGateway(completeConfig(config, needs), overrides);
}
