// The library: what another program may embed.

export type { Clock, Timer } from "./clock.js";
