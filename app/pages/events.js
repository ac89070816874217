// Server-sent events over fetch, which, unlike EventSource, can carry a header. Reconnects by itself.

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
        await read(response.body.getReader(), onEvent);
      }
    } catch (error) {
      // offline, or the service restarts
    }
    onState("The connection is lost; trying again. What you have sent is kept.", false);
    await new Promise((done) => setTimeout(done, wait));
  }
}

async function read(reader, onEvent) {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
      if (data.length) onEvent(JSON.parse(data.join("\n")));
    }
  }
}
