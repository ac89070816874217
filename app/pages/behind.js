// One negotiation: who leads it, what was said, and what stands behind each message in plain words.

import { $, element, fill, moment, paragraphs, sentence, tell } from "./dom.js";
import { languageName, say } from "./language.js";
import { pill } from "./list.js";
import { drawLadder, drawPlan, drawProgram } from "./panels.js";

const senders = {
  debtor: say("Debtor"), creditor: say("Program"), operator: say("Operator"), service: say("Fixed text"),
};
const noters = {
  guard: say("The guard stepped in"), judge: say("The judge"), words: say("Words left out"),
  output: say("Unusable output"),
};
const actions = {
  note: say("Noted"), answer: say("Answered with a fixed text"), pause: say("Stopped until a person has looked"),
  hand_over: say("Handed over to a person"), stop: say("Contact stopped"), warn: say("Let through with a warning"),
  repair: say("Sentence taken out"), block: say("Message held back"),
};
const finders = {
  code: say("rules"), classifier: say("the classifier"), reader: say("the reader"), asked: say("asking the debtor"),
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
  fill($("facts"), [
    [say("Debt"), view.debt], [say("Rules of conduct"), view.profile],
    [say("Debtor's time zone"), view.timezone || say("not known")],
    [say("Language spoken with the debtor"), languageName(view.language)],
  ]);
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
  const leads = automated ? say("The program answers.") : over.includes(view.status) ? ""
    : mine ? say("You lead it; the program is silent.")
      : view.operator ? say("{operator} leads it; the program is silent.", { operator: view.operator })
        : say("It waits for a person; the program is silent.");
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
  item.append(head, ...paragraphs(message.text, message.language));
  const tags = element("p", undefined, "tags");
  if (message.move) tags.append(element("span", message.move, "pill move"));
  if (message.rung) tags.append(element("span", say("rung {rung} of {rungs}", { rung: message.rung, rungs }), "pill"));
  if (message.asks_about) tags.append(element("span", say("asks about {what}", { what: message.asks_about }), "pill"));
  for (const claim of message.claims) tags.append(element("span", say("says: {claim}", { claim }), "pill"));
  if (message.notes.some((one) => one.by === "guard")) tags.append(element("span", say("guard stepped in"), "pill wait"));
  if (tags.childElementCount) item.append(tags);
  for (const one of message.findings) item.append(finding(one));
  const why = reasons(message);
  if (why) item.append(why);
  return item;
}

function finding(one) {
  const box = element("div", undefined, `finding ${one.action}`);
  const finder = one.found_by.map((by) => finders[by] || by).join(say(" and "));
  const by = !finder ? "" : one.sure ? say("(found by {finder})", { finder })
    : say("(found by {finder}, not sure, so the debtor was asked)", { finder });
  box.append(element("p", `${actions[one.action] || one.action}: ${one.name} ${by}`.trim(), "who"),
    element("p", sentence(`“${one.excerpt}”: ${one.why}`)),
    element("p", say("Source: {source}", { source: source(one) }), "quiet"));
  return box;
}

function source(one) {
  return one.source.endsWith(".toml") ? say("rules of this project ({file})", { file: one.source }) : one.source;
}

// What the program thinks and notes down is for its record, and there in English whatever is spoken.
function inEnglish(text) {
  const made = element("span", text);
  made.lang = "en";
  return made;
}

function reasons(message) {
  const told = [
    ...(message.understood ? [[say("Understood"), message.understood]] : []),
    ...(message.thoughts ? [[say("Thoughts"), inEnglish(message.thoughts)]] : []),
    ...(message.proposed ? [[say("The program would have said"), message.proposed]] : []),
    ...message.notes.map((note) => [noters[note.by] || note.by, note.language ? inEnglish(note.text) : note.text]),
  ];
  if (!told.length) return null;
  const box = element("details", undefined, "why");
  box.append(element("summary", say("Why")));
  const facts = element("dl");
  fill(facts, told);
  box.append(facts);
  return box;
}
