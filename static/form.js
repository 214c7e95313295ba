// Shows a check-in one question at a time. Without this script it is one page with one button, and works the same.
(() => {
  "use strict";
  const SEEN = 250; // milliseconds a tapped answer stays in sight before the next question
  const SETTLE = 400; // milliseconds in which the second tap of an unsteady hand reaches nothing
  const SENDING = 10000; // milliseconds after which sending may be tried again; the key makes that harmless

  const part = (id) => document.getElementById(id);
  const form = part("check-in");
  const steps = [...form.querySelectorAll(".step")];
  const last = steps.length - 1;
  const title = document.querySelector("h1");
  const send = part("send");
  const label = send.textContent;
  const wanted = history.state?.step ?? 0;
  let current = 0;
  let moved = false; // whether another step than the first shown was asked for
  let tapped = false; // whether the last thing used was a finger or a mouse, not the keyboard
  let timer = 0;
  let sending = 0;

  // Some questions depend on earlier answers; the server decides by the same rules what it reads.
  function holds([name, sign, value]) {
    const given = new FormData(form).get(name) ?? "";
    const known = given !== "" && given !== "declined";
    if (sign === "exists") return known === Boolean(value);
    const difference = known ? Number(given) - value : NaN;
    return { "=": difference === 0, "!=": difference !== 0, ">": difference > 0, "<": difference < 0,
      ">=": difference >= 0, "<=": difference <= 0 }[sign];
  }
  const asked = (step) => JSON.parse(step.dataset.when ?? "[]")
    .every(([any, conditions]) => (any ? conditions.some(holds) : conditions.every(holds)));
  const answered = (step) => !("required" in step.dataset)
    || step.querySelector(":checked, .input:not(:placeholder-shown)") !== null;
  const firstGap = () => steps.findIndex((step, index) => index === last || (!answered(step) && asked(step)));
  const place = () => steps[current].querySelector(".progress")?.textContent ?? "";

  function show(number) {
    clearTimeout(timer);
    current = number;
    steps.forEach((step, index) => { step.hidden = index !== number; });
    part("back").hidden = number === 0;
    part("intro").hidden = number > 0;
    part("forward").hidden = number === last;
    part("missing").hidden = true;
    part("where").textContent = place();
    form.classList.add("settling");
    setTimeout(() => form.classList.remove("settling"), SETTLE);
  }

  // Shows a step that was asked for: the page starts at its top and its heading is read out.
  function arrive(number) {
    moved = true;
    show(number);
    part("problem")?.remove();
    document.title = [place(), title.textContent].filter(Boolean).join(" - ");
    scrollTo(0, 0);
    steps[number].querySelector("h2").focus({ preventScroll: true });
  }

  function go(number) {
    history.pushState({ step: number, pushed: true }, "");
    arrive(number);
  }

  function forward() {
    if (answered(steps[current])) go(steps.findIndex((step, index) => index > current && asked(step)));
    else part("missing").hidden = false;
  }

  function backward() {
    if (history.state?.pushed) return history.back();
    const before = steps.slice(0, current).findLastIndex(asked);
    history.replaceState({ step: before }, "");
    return arrive(before);
  }

  // Opens where the person was, or at the end after a problem with no question, but never past a missing answer.
  function begin() {
    const wrong = steps.findIndex((step) => step.querySelector(".error"));
    show(wrong < 0 ? Math.min(part("problem") ? last : wanted, firstGap()) : wrong);
    history.replaceState({ ...history.state, step: current }, "");
  }

  function waiting(until) {
    clearTimeout(sending);
    sending = until;
    send.textContent = until ? send.dataset.sending : label;
    send.setAttribute("aria-disabled", Boolean(until));
  }

  addEventListener("pointerdown", () => { tapped = true; }, true);
  addEventListener("keydown", () => { tapped = false; }, true);
  part("back").addEventListener("click", backward);
  part("forward").addEventListener("click", forward);

  // Arrow keys walk through the answers of a group and click each one; only a tap means "this one".
  form.addEventListener("click", (event) => {
    if (!tapped || event.target.type !== "radio") return;
    clearTimeout(timer);
    timer = setTimeout(forward, SEEN);
  });

  form.addEventListener("submit", (event) => {
    const gap = firstGap();
    if (current === last && gap === last && !sending) return waiting(setTimeout(waiting, SENDING, 0));
    event.preventDefault();
    if (current < last) return forward(); // Enter in a question means Continue
    if (gap < last) go(gap);
    part("missing").hidden = gap === last;
  });

  part("problem")?.addEventListener("click", (event) => {
    const target = part(event.target.hash?.slice(1));
    if (!target) return;
    event.preventDefault();
    show(steps.indexOf(target.closest(".step")));
    target.focus();
  });

  addEventListener("popstate", (event) => { if (event.state) arrive(Math.min(event.state.step, firstGap())); });
  addEventListener("pageshow", (event) => {
    if (event.persisted) waiting(0);
    else if (!moved) begin(); // some browsers put earlier answers back only now
  });
  addEventListener("load", () => import(form.dataset.after)); // the rest is not needed to answer
  // Tells that the message with this link, or of this prompt, was opened; a scanner that loads the page does not.
  if (/^\/(c\/[^/]+|check-in\/[^/]{36})$/.test(location.pathname)) navigator.sendBeacon?.(`${location.pathname}/opened`);
  form.classList.add("stepped");
  title.classList.add("visually-hidden");
  part("how").hidden = false;
  begin();
})();
