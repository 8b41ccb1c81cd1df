// The command's end of the control socket: one request, one answer.

import { connect } from "node:net";
import type { KickReport } from "../gateway/observed.js";
import { type ControlRequest, encodeRequest, parseAnswer } from "./messages.js";

/** Rejects with Node's error when nobody answers at the path, and with a plain one for an answer that is none. */
export function askServer(path: string, request: ControlRequest): Promise<KickReport> {
  return new Promise((resolve, reject) => {
    const chunks: string[] = [];
    const socket = connect(path, () => socket.write(encodeRequest(request)));
    socket.setEncoding("utf8");
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer within ${PATIENCE_MS / 1000} s`)));
    socket.on("data", (chunk: string) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("end", () => {
      const answer = parseAnswer(chunks.join(""));
      if (typeof answer === "string") reject(new Error(answer));
      else resolve(answer);
    });
  });
}

const PATIENCE_MS = 10_000;
