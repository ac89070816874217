// What is known of a negotiation beside its words: plan, ladder, program and its origin, scorecard.

import { $, day, element, fill, flowing, later, payments, sentence, tell } from "./dom.js";
import { LOCALE, say, sayMany } from "./language.js";

export function drawPlan(view) {
  const plan = view.agreed || view.pending;
  tell($("plan-state"), view.agreed ? say("The debtor has confirmed it; it binds.")
    : plan ? say("It waits for the debtor's confirmation and binds nobody yet.") : say("Nothing is agreed yet."));
  $("plan-facts").hidden = $("plan-table").hidden = !plan;
  if (!plan) return;
  fill($("plan-facts"), [
    [say("In all"), plan.total], [say("Forgiven"), plan.forgiven],
    [say("After the first"), later(plan) || say("nothing")], [say("Ends"), day(plan.ends)],
  ]);
  payments($("payments"), plan);
}

export function drawLadder(view) {
  const told = [
    view.rung ? say("The creditor stands on rung {rung} of {rungs}.", { rung: view.rung, rungs: view.ladder.length }) : "",
    !view.ladder.length ? say("This program plans no ladder.")
      : view.knew_surplus ? say("It was planned with knowing what the debtor has left each month.")
        : say("It was planned without knowing what the debtor has left each month."),
    view.question ? say("The plan asks about {what}.", { what: view.question }) : "",
  ];
  tell($("strategy"), flowing(told));
  $("ladder").replaceChildren(...view.ladder.map((rung, number) => {
    const item = element("li", rung);
    if (number + 1 !== view.rung) return item;
    item.setAttribute("aria-current", "step");
    item.append(element("span", say("stands now"), "pill"));
    return item;
  }));
}

const stages = { uncompiled: say("Objective, uncompiled"), compiled: say("Objective, compiled") };

function number(value, places) {
  return value.toLocaleString(LOCALE, { minimumFractionDigits: places, maximumFractionDigits: places });
}

export function drawProgram(program) {
  const origin = program.origin;
  tell($("origin-note"), origin ? "" : program.now
    ? say("The service answers with another program now: {program}.", { program: program.now })
    : say("An uncompiled variant: no artifact, nothing was optimised."));
  const known = (facts) => facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  fill($("program"), known([
    [say("Program"), program.name], [say("Hash"), program.sha256.slice(0, 16)], [say("Model"), program.lm],
    ...(origin ? [
      [say("Artifact"), origin.reference], [say("File's hash"), origin.content_sha256.slice(0, 16)],
      [say("Compiled"), new Date(origin.created).toLocaleString(LOCALE, { dateStyle: "long", timeStyle: "short" })],
      [say("Optimiser"), origin.optimizer && (origin.seed === null ? origin.optimizer
        : say("{optimiser}, seed {seed}", { optimiser: origin.optimizer, seed: origin.seed }))],
      [say("Compiled with"), origin.lm], [say("Debtor book"), origin.book],
      [say("Book's hash"), origin.book_sha256?.slice(0, 16)],
      [say("Debtors used"), origin.train_debtors === null ? null : say("{train} to learn from, {val} to choose with",
        { train: origin.train_debtors, val: origin.val_debtors ?? 0 })],
      ...origin.objective.map((one) => [stages[one.program] || one.program, estimate(one)]),
      [say("Code"), origin.revision?.slice(0, 12)], [say("Parent"), origin.parent], [say("Notes"), origin.notes],
    ] : []),
  ]));
}

function estimate(one) {
  const debtors = sayMany("{n} debtor", "{n} debtors", one.debtors);
  const mean = number(one.mean, 3);
  if (one.low === null) return `${mean}, ${debtors}`;
  const between = { mean, low: number(one.low, 3), high: number(one.high, 3) };
  return [say("{mean} (95 % interval {low} to {high})", between), debtors].join(", ");
}

const betters = { up: say("more is better"), down: say("less is better") };

export function drawScore(card) {
  const finished = card.finished ? say("The plan is agreed.") : say("As if it ended here without an agreement.");
  tell($("score-note"), card.unscored ? sentence(card.unscored) : finished);
  const groups = Map.groupBy(Object.entries(card.values), ([, one]) => one.aspect);
  const parts = [...groups].flatMap(([aspect, found]) => {
    const list = element("dl", undefined, "scores");
    list.replaceChildren(...found.flatMap(([id, one]) => {
      const name = element("dt", one.name);
      name.append(" ", element("span", [id, betters[one.better]].filter(Boolean).join(", "), "quiet"));
      return [name, element("dd", figure(one))];
    }));
    return [element("h3", aspect === say("index") ? say("indices") : aspect), list];
  });
  if (card.faults.length) {
    const faults = element("ul", undefined, "faults");
    faults.replaceChildren(...card.faults.map((fault) => element("li", sentence(fault))));
    parts.push(element("h3", say("Turns that count against soundness")), faults);
  }
  $("values").replaceChildren(...parts);
}

function figure(one) {
  if (one.unit === "0/1") return one.value ? say("yes") : say("no");
  if (one.unit === "days") return sayMany("{n} day", "{n} days", Math.round(one.value));
  if (one.unit === "rounds") return sayMany("{n} round", "{n} rounds", Math.round(one.value));
  const value = number(one.value, 2);
  return one.unit === "0..1" ? say("{value} of 1", { value }) : `${value} ${one.unit}`;
}
