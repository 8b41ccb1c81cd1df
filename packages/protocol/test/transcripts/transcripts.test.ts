import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parseTranscript, playTranscript } from "../support/transcript.js";

// Compiled tests lie in dist-test/transcripts; the transcripts stay among the sources.
const FOLDER = new URL("../../test/transcripts/", import.meta.url);
const CHUNK_SIZES = [1, 2, 3, 7, 512, Number.POSITIVE_INFINITY];

for (const name of readdirSync(FOLDER).sort()) {
  if (!name.endsWith(".transcript")) continue;
  const transcript = parseTranscript(readFileSync(new URL(name, FOLDER), "utf8"));
  for (const size of CHUNK_SIZES) {
    test(`${transcript.title} (${name}, chunks of ${size})`, () => playTranscript(transcript, size));
  }
}
