// One negotiation: who leads it, what was said, and what stands behind each message in plain words.

import { $, element, fill, moment, paragraphs, tell } from "./dom.js";
import { pill } from "./list.js";
import { drawLadder, drawPlan, drawProgram } from "./panels.js";

const senders = { debtor: "Debtor", creditor: "Program", operator: "Operator", service: "Fixed text" };
const noters = { guard: "The guard stepped in", judge: "The judge", words: "Words left out", output: "Unusable output" };
const actions = {
  note: "Noted", answer: "Answered with a fixed text", pause: "Stopped until a person has looked",
  hand_over: "Handed over to a person", stop: "Contact stopped", warn: "Let through with a warning",
  repair: "Sentence taken out", block: "Message held back",
};
const over = ["agreed", "declined", "stopped", "abandoned"];
const drawn = new Map();
const lines = new Map(); // of the messages on the page, by position

export function drawNegotiation(view, me) {
  if (drawn.get("id") !== view.id) {
    drawn.clear();
    drawn.set("id", view.id);
    clearMessages();
  }
  const text = [view.name, view.case_id].filter(Boolean).join(", ");
  tell($("one-title"), text);
  drawState(view, me);
  const first = view.messages[0]?.position;
  if (lines.size && first > Math.max(...lines.keys()) + 1) clearMessages(); // much was said meanwhile
  drawMessages(view.messages, view.ladder.length);
  changed("plan", [view.pending, view.agreed], () => drawPlan(view));
  changed("ladder", [view.ladder, view.rung, view.question, view.knew_surplus], () => drawLadder(view));
  changed("program", view.program, () => drawProgram(view.program));
  fill($("facts"), [["Debt", view.debt], ["Rules of conduct", view.profile], ["Debtor's time zone", view.timezone || "not known"]]);
}

function changed(what, value, draw) {
  const now = JSON.stringify(value);
  if (drawn.get(what) === now) return;
  drawn.set(what, now);
  draw();
}

function drawState(view, me) {
  const automated = ["open", "confirming"].includes(view.status);
  const mine = view.operator === me;
  const leads = automated ? "The program answers." : over.includes(view.status) ? ""
    : view.operator ? `${mine ? "You lead" : `${view.operator} leads`} it; the program is silent.`
      : "It waits for a person; the program is silent.";
  changed("state", [view.status, leads], () => {
    $("one-state").replaceChildren(pill(view.status), " ", element("span", leads, "quiet"));
  });
  $("take-over").hidden = view.status === "agreed" || (mine && !automated);
  $("hand-back").hidden = view.status !== "with_a_person";
  $("close").hidden = over.includes(view.status);
  $("write").hidden = !mine || automated || view.status === "agreed";
}

function clearMessages() {
  lines.clear();
  $("messages").replaceChildren();
}

export function firstShown() {
  return lines.size ? Math.min(...lines.keys()) : 1;
}

// Messages in their order, new ones or such as are there already; earlier ones come before what is there.
export function drawMessages(messages, rungs) {
  const first = lines.get(firstShown());
  for (const message of messages) {
    const now = JSON.stringify([message, rungs]);
    const before = lines.get(message.position);
    if (before && drawn.get(`message ${message.position}`) === now) continue;
    drawn.set(`message ${message.position}`, now);
    const made = line(message, rungs);
    const why = made.querySelector("details");
    if (why && before?.querySelector("details")?.open) why.open = true;
    const earlier = !before && first && message.position < Math.max(...lines.keys());
    lines.set(message.position, made);
    if (before) before.replaceWith(made);
    else if (earlier) first.before(made);
    else $("messages").append(made);
  }
  $("earlier").hidden = firstShown() === 1;
}

function line(message, rungs) {
  const item = element("li", undefined, message.sender);
  const head = element("p", senders[message.sender], "who");
  head.append(" ", moment(message.at));
  item.append(head, ...paragraphs(message.text));
  const tags = element("p", undefined, "tags");
  if (message.move) tags.append(element("span", message.move, "pill move"));
  if (message.rung) tags.append(element("span", `rung ${message.rung} of ${rungs}`, "pill"));
  if (message.asks_about) tags.append(element("span", `asks about ${message.asks_about}`, "pill"));
  for (const claim of message.claims) tags.append(element("span", `says: ${claim}`, "pill"));
  if (message.notes.some((one) => one.by === "guard")) tags.append(element("span", "guard stepped in", "pill wait"));
  if (tags.childElementCount) item.append(tags);
  for (const one of message.findings) item.append(finding(one));
  const why = reasons(message);
  if (why) item.append(why);
  return item;
}

function finding(one) {
  const box = element("div", undefined, `finding ${one.action}`);
  const rule = one.rule.replaceAll("_", " ");
  const doubt = one.sure ? "" : ", not sure, so the debtor was asked";
  const by = one.found_by.length ? ` (found by ${one.found_by.join(" and ")}${doubt})` : "";
  box.append(element("p", `${actions[one.action] || one.action}: ${rule}${by}`, "who"),
    element("p", `“${one.excerpt}”: ${one.why}.`), element("p", `Source: ${source(one)}`, "quiet"));
  return box;
}

function source(one) {
  return one.source.endsWith(".toml") ? `rules of this project (${one.source})` : one.source;
}

function reasons(message) {
  const told = [
    ...(message.understood ? [["Understood", message.understood]] : []),
    ...(message.thoughts ? [["Thoughts", message.thoughts]] : []),
    ...(message.proposed ? [["The program would have said", message.proposed]] : []),
    ...message.notes.map((note) => [noters[note.by] || note.by, note.text]),
  ];
  if (!told.length) return null;
  const box = element("details", undefined, "why");
  box.append(element("summary", "Why"));
  const facts = element("dl");
  fill(facts, told);
  box.append(facts);
  return box;
}
