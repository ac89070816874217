// Server-sent events over fetch, which, unlike EventSource, can carry a header. Reconnects by itself, unless later
// windows of the same link have taken its place: they would go on displacing each other.

import { say } from "./language.js";

export async function follow(url, headers, onEvent, onState) {
  for (let wait = 500; ; wait = Math.min(wait * 2, 10000)) {
    try {
      const response = await fetch(url, { headers, cache: "no-store" });
      if (response.status === 401 || response.status === 404) {
        onState((await response.json()).detail, true);
        return;
      }
      if (response.ok) {
        onState("", false);
        wait = 500;
        const displaced = await read(response.body.getReader(), onEvent);
        if (displaced) {
          onState(displaced.detail, true);
          return;
        }
      }
    } catch (error) {
      // offline, or the service restarts
    }
    onState(say("The connection is lost; trying again. What you have sent is kept."), false);
    await new Promise((done) => setTimeout(done, wait));
  }
}

// Resolves to what a `displaced` event said, or to undefined where the stream just ended.
async function read(reader, onEvent) {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n");
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("\n");
      if (lines.some((line) => line.trim() === "event: displaced")) return JSON.parse(data);
      if (data) onEvent(JSON.parse(data));
    }
  }
}
