// What is known of a negotiation beside its words: plan, ladder, program and its origin, scorecard.

import { $, day, element, fill, later, payments, sentence, tell } from "./dom.js";

export function drawPlan(view) {
  const plan = view.agreed || view.pending;
  tell($("plan-state"), view.agreed ? "The debtor has confirmed it; it binds."
    : plan ? "It waits for the debtor's confirmation and binds nobody yet." : "Nothing is agreed yet.");
  $("plan-facts").hidden = $("plan-table").hidden = !plan;
  if (!plan) return;
  fill($("plan-facts"), [["In all", plan.total], ["Forgiven", plan.forgiven], ["After the first", later(plan) || "nothing"], ["Ends", day(plan.ends)]]);
  payments($("payments"), plan);
}

export function drawLadder(view) {
  const told = [
    view.rung ? `The creditor stands on rung ${view.rung} of ${view.ladder.length}.` : "",
    view.ladder.length ? `It was planned ${view.knew_surplus ? "with" : "without"} knowing what the debtor has left each month.` : "This program plans no ladder.",
    view.question ? `The plan asks about ${view.question}.` : "",
  ];
  tell($("strategy"), told.filter(Boolean).join(" "));
  $("ladder").replaceChildren(...view.ladder.map((rung, number) => {
    const item = element("li", rung);
    if (number + 1 !== view.rung) return item;
    item.setAttribute("aria-current", "step");
    item.append(element("span", "stands now", "pill"));
    return item;
  }));
}

export function drawProgram(program) {
  const origin = program.origin;
  tell($("origin-note"), origin ? "" : program.now ? `The service answers with another program now: ${program.now}.`
    : "An uncompiled variant: no artifact, nothing was optimised.");
  const known = (facts) => facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  fill($("program"), known([
    ["Program", program.name], ["Hash", program.sha256.slice(0, 16)], ["Model", program.lm],
    ...(origin ? [
      ["Artifact", origin.reference], ["File's hash", origin.content_sha256.slice(0, 16)],
      ["Compiled", new Date(origin.created).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })],
      ["Optimiser", origin.optimizer && (origin.seed === null ? origin.optimizer : `${origin.optimizer}, seed ${origin.seed}`)],
      ["Compiled with", origin.lm], ["Debtor book", origin.book], ["Book's hash", origin.book_sha256?.slice(0, 16)],
      ["Debtors used", origin.train_debtors === null ? null : `${origin.train_debtors} to learn from, ${origin.val_debtors ?? 0} to choose with`],
      ...origin.objective.map((one) => [`Objective, ${one.program}`, estimate(one)]),
      ["Code", origin.revision?.slice(0, 12)], ["Parent", origin.parent], ["Notes", origin.notes],
    ] : []),
  ]));
}

function estimate(one) {
  const range = one.low === null ? "" : ` (95 % interval ${one.low.toFixed(3)} to ${one.high.toFixed(3)})`;
  return `${one.mean.toFixed(3)}${range}, ${one.debtors} debtors`;
}

export function drawScore(card) {
  tell($("score-note"), card.unscored ? sentence(card.unscored) : card.finished ? "The plan is agreed." : "As if it ended here without an agreement.");
  const groups = Map.groupBy(Object.entries(card.values), ([, one]) => one.aspect);
  const parts = [...groups].flatMap(([aspect, found]) => {
    const list = element("dl", undefined, "scores");
    list.replaceChildren(...found.flatMap(([id, one]) => {
      const name = element("dt", one.name);
      name.append(" ", element("span", `${id}${one.better ? `, ${one.better === "up" ? "more" : "less"} is better` : ""}`, "quiet"));
      return [name, element("dd", figure(one))];
    }));
    return [element("h3", aspect === "index" ? "indices" : aspect), list];
  });
  if (card.faults.length) {
    const faults = element("ul", undefined, "faults");
    faults.replaceChildren(...card.faults.map((fault) => element("li", fault)));
    parts.push(element("h3", "Turns that count against soundness"), faults);
  }
  $("values").replaceChildren(...parts);
}

function figure(one) {
  if (one.unit === "0/1") return one.value ? "yes" : "no";
  const unit = one.value === 1 ? one.unit.replace(/s$/, "") : one.unit;
  if (one.unit === "days" || one.unit === "rounds") return `${Math.round(one.value)} ${unit}`;
  return one.unit === "0..1" ? `${one.value.toFixed(2)} of 1` : `${one.value.toFixed(2)} ${one.unit}`;
}
