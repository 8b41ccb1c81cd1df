// Logins to folders and views: one password, whatever stands around the name of the account, and nothing that tells who exists.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import type { Account, AuthenticationStep } from "#server/auth/authenticator";
import { createThrottle } from "#server/auth/throttle";
import { benchOver, PEER, password, sasl, secret } from "./support/authenticator-bench.js";
import { createScramClient } from "./support/scram-client.js";
import { createTurnedClock } from "./support/turned-clock.js";

const LINES = ["ana:{PLAIN}x", "a+b:{PLAIN}y::::::maildir=/srv/ab"];
const bench = () => benchOver(LINES, { names: { folderSeparator: "+", recent: true }, apop: true });

const WORK: Account = { name: "ana", maildir: undefined, folder: "Work", isRecent: false, claimed: "ana+Work" };

const stepOf = async (claimed: string, text: string): Promise<AuthenticationStep> =>
  bench().authenticator.begin(password(claimed, text), PEER).next();

const stamp = "<1.2@host>";
const challengeOf = (step: AuthenticationStep) => (step.type === "challenge" ? step.octets : Buffer.alloc(0));

for (const [mechanism, login] of [
  ["USER/PASS", () => stepOf("ana+Work", "x")],
  ["PLAIN", async () => bench().authenticator.begin(sasl("PLAIN", "\0ana+Work\0x"), PEER).next()],
  [
    "PLAIN with the same authzid",
    async () => bench().authenticator.begin(sasl("PLAIN", "ana+Work\0ana+Work\0x"), PEER).next(),
  ],
  [
    "LOGIN",
    async () => {
      const exchange = bench().authenticator.begin(sasl("LOGIN"), PEER);
      await exchange.next();
      await exchange.next(secret("ana+Work"));
      return exchange.next(secret("x"));
    },
  ],
  [
    "CRAM-MD5",
    async () => {
      const exchange = bench().authenticator.begin(sasl("CRAM-MD5"), PEER);
      const digest = createHmac("md5", "x")
        .update(challengeOf(await exchange.next()))
        .digest("hex");
      return exchange.next(secret(`ana+Work ${digest}`));
    },
  ],
  [
    // RFC 5802 §3: the name stands in the AuthMessage that is signed, as the client spelled it, and not in the salted password.
    "SCRAM-SHA-256",
    async () => {
      const client = createScramClient({ hash: "sha256", user: "ana+Work", password: "x", nonce: "clientnonce0123" });
      const exchange = bench().authenticator.begin(sasl("SCRAM-SHA-256", client.first), PEER);
      const serverFirst = Buffer.from(challengeOf(await exchange.next())).toString();
      assert.equal((await exchange.next(secret(client.final(serverFirst)))).type, "challenge");
      return exchange.next(secret(""));
    },
  ],
  [
    "APOP",
    async () => {
      const digest = createHash("md5").update(`${stamp}x`).digest("hex");
      const peer = { ...PEER, apopStamp: stamp };
      return bench().authenticator.begin({ type: "apop", user: "ana+Work", digest }, peer).next();
    },
  ],
] as const satisfies readonly (readonly [string, () => Promise<AuthenticationStep>])[]) {
  test(`${mechanism} logs in to a folder with the password of the account`, async () => {
    assert.deepEqual(await login(), { type: "accepted", account: WORK });
  });
}

test("an account whose name holds the separator goes before a folder, and has folders itself", async () => {
  assert.deepEqual(await stepOf("a+b", "y"), { type: "accepted", account: { name: "a+b", maildir: "/srv/ab" } });
  assert.deepEqual(await stepOf("a+b+Work", "y"), {
    type: "accepted",
    account: { name: "a+b", maildir: "/srv/ab", folder: "Work", isRecent: false, claimed: "a+b+Work" },
  });
});

test("recent: goes before the name, with a folder or without", async () => {
  const recent = { name: "ana", maildir: undefined, isRecent: true };
  assert.deepEqual(await stepOf("recent:ana", "x"), {
    type: "accepted",
    account: { ...recent, claimed: "recent:ana" },
  });
  assert.deepEqual(await stepOf("recent:ana+Work", "x"), {
    type: "accepted",
    account: { ...recent, claimed: "recent:ana+Work", folder: "Work" },
  });
});

test("a wrong password is told under the claimed name and counted under that of the account, for strangers alike", async () => {
  const why = { ana: "wrong-credentials", eve: "unknown-user" } as const;
  for (const user of ["ana", "eve"] as const) {
    for (const claimed of [`${user}+Work`, `recent:${user}`, `recent:${user}+A+B`]) {
      assert.deepEqual(await stepOf(claimed, "wrong"), {
        ...{ type: "rejected", user: claimed, why: why[user], countedAs: user },
      });
    }
    assert.deepEqual(await stepOf(user, "wrong"), { type: "rejected", user, why: why[user] });
  }
});

test("guesses at one account are held back, whatever folder they name", async () => {
  const held = [];
  for (const user of ["ana", "eve"]) {
    const clock = createTurnedClock();
    const delays: number[] = [];
    const throttle = createThrottle({ clock, failuresBeforeDelay: 1 });
    const counting = {
      ...throttle,
      remaining: () => 0,
      succeeded: () => undefined,
      failed: (_: string, name: string | undefined) => {
        delays.push(throttle.failed(`192.0.2.${delays.length}`, name));
        return 0;
      },
    };
    const { authenticator } = benchOver(LINES, { names: { folderSeparator: "+", recent: true }, throttle: counting });
    for (let n = 0; n < 4; n++) await authenticator.begin(password(`${user}+F${n}`, "wrong"), PEER).next();
    held.push(delays);
  }
  assert.deepEqual(held[0], held[1]);
  assert.ok((held[0]?.at(-1) ?? 0) > 0, `${held[0]}`);
});

test("SCRAM shows the same salt for every folder of an account, and for every folder of a stranger", async () => {
  const saltOf = async (user: string) => {
    const client = createScramClient({ hash: "sha256", user, password: "x", nonce: "clientnonce0123" });
    const step = await bench().authenticator.begin(sasl("SCRAM-SHA-256", client.first), PEER).next();
    return /,s=([^,]+)/.exec(Buffer.from(challengeOf(step)).toString())?.[1];
  };
  for (const user of ["ana", "eve"]) {
    const salts = await Promise.all([user, `${user}+Work`, `${user}+Old`, `recent:${user}`].map(saltOf));
    assert.ok(salts[0]);
    assert.equal(new Set(salts).size, 1, user);
  }
});

test("what is switched off is part of the name", async () => {
  const { authenticator } = benchOver(LINES);
  for (const claimed of ["ana+Work", "recent:ana"]) {
    assert.deepEqual(await authenticator.begin(password(claimed, "x"), PEER).next(), {
      ...{ type: "rejected", user: claimed, why: "unknown-user" },
    });
  }
});

test("no part of a name may be what no name may be", async () => {
  for (const claimed of ["recent:.ana+Work", ".ana+Work", "ana+Work/../ben", "ana+\0"]) {
    const step = await stepOf(claimed, "x");
    assert.equal(step.type, "rejected", claimed);
  }
});
