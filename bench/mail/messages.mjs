// Messages as Postfix leaves them: LF between lines, a header of about 800 octets, sometimes two parts or an attachment.

import { createBodies } from "./bodies.mjs";
import { between } from "./random.mjs";

const LARGE_OCTETS = 20_000_000;
const ATTACHED_OCTETS = 5_000_000;

const SIZES = {
  tiny: (random) => ({ octets: between(random, 700, 2_000), attached: false }),
  small: (random) => ({ octets: between(random, 2_000, 8_000), attached: false }),
  mixed: (random, index) => (index % 100 === 99 ? { octets: ATTACHED_OCTETS, attached: true } : logNormal(random)),
  large: () => ({ octets: LARGE_OCTETS, attached: true }),
};

/** `message(index, seconds)`: the octets of one message, delivered at that time. `sizes` names a row of the table above. */
export function createMessages(random, sizes) {
  const bodies = createBodies(random);
  const size = SIZES[sizes];
  return (index, seconds) => {
    const { octets, attached } = size(random, index);
    const header = headerOf(index, seconds);
    if (attached) return withAttachment(header, { octets, bodies, index });
    return Buffer.concat([
      Buffer.from(`${header}Content-Type: text/plain; charset=utf-8\n\n`),
      bodies.text(Math.max(80, octets - header.length)),
    ]);
  };
}

/** Median 12 KB, at most 400 KB; those over 30 KB are attachments. */
function logNormal(random) {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const octets = Math.round(Math.min(400_000, Math.max(1_200, Math.exp(9.393 + normal))));
  return { octets, attached: octets > 30_000 };
}

function headerOf(index, seconds) {
  const date = new Date(seconds * 1000).toUTCString();
  const id = `${(index * 2_654_435_761).toString(16)}.${index}`;
  return `Return-Path: <sender${index % 97}@example.net>
X-Original-To: reader@example.com
Delivered-To: reader@example.com
Received: from mx${index % 5}.example.net (mx${index % 5}.example.net [192.0.2.${(index % 250) + 1}])
\tby mail.example.com (Postfix) with ESMTPS id ${id}
\tfor <reader@example.com>; ${date}
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=s1;
\th=from:to:subject:date:message-id; bh=${id}${id}=; b=${id.repeat(4)}
From: Sender ${index % 97} <sender${index % 97}@example.net>
To: reader@example.com
Subject: message number ${index}
Date: ${date}
Message-ID: <${id}@example.net>
MIME-Version: 1.0
`;
}

function withAttachment(header, { octets, bodies, index }) {
  const boundary = `part-${index}`;
  return Buffer.concat([
    Buffer.from(`${header}Content-Type: multipart/mixed; boundary="${boundary}"\n\n--${boundary}\n\n`),
    bodies.text(1_000),
    Buffer.from(`\n--${boundary}\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n`),
    bodies.base64(octets - 2_000),
    Buffer.from(`\n--${boundary}--\n`),
  ]);
}
