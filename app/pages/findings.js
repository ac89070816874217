// What was noticed and binds a case: each finding with why, and a form to lift it with a reason.

import { element, moment, sentence } from "./dom.js";
import { say } from "./language.js";

const drawn = new Map();

export function drawFindings(box, list, findings, lift) {
  const open = findings.filter((one) => !one.lifted);
  const now = JSON.stringify(open);
  box.hidden = !open.length;
  if (drawn.get(list) === now) return;
  drawn.set(list, now);
  list.replaceChildren(...open.map((one) => line(one, list.id, lift)));
}

function line(one, place, lift) {
  const item = element("li", undefined, "finding");
  const head = element("p", one.name, "who");
  head.append(" ", moment(one.at));
  const reach = one.binds ? say("No conversation about this case begins.")
    : one.silences ? say("The program is silent here.") : say("To be kept to by whoever writes or calls.");
  const form = element("form");
  const label = element("label", say("Why it is lifted"));
  const why = element("input");
  why.id = `why-${place}-${one.id}`;
  label.htmlFor = why.id;
  why.required = true;
  why.minLength = 3;
  why.maxLength = 500;
  why.autocomplete = "off";
  const button = element("button", say("Lift"));
  button.type = "submit";
  form.append(label, why, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    lift(one.id, why.value);
  });
  item.append(head, element("p", `${sentence(one.why)} ${reach}`, "quiet"), form);
  return item;
}
