// Shows a check-in one question at a time; without it, it is one page with one button.
(() => {
  "use strict";
  const SEEN = 250; // ms a tap stays in sight
  const SETTLE = 400; // ms in which a second tap of an unsteady hand does nothing
  const SENDING = 10000; // ms until sending may be tried again

  const part = (id) => self.document?.getElementById(id);
  const form = part("check-in");
  if (!form) return;
  const steps = [...form.querySelectorAll(".step")];
  const last = steps.length - 1;
  const title = document.querySelector("h1");
  const send = part("send");
  const label = send.textContent;
  const wanted = history.state?.step ?? 0;
  let current = 0;
  let moved = false;
  let tapped = false; // by a finger or a mouse, not the keyboard
  let timer = 0;
  let sending = 0;

  // Some questions depend on earlier answers, by the server's rules.
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
    const before = steps.reduce((found, step, index) => (index < current && asked(step) ? index : found), 0);
    history.replaceState({ step: before }, "");
    return arrive(before);
  }

  // Opens where the person was, but never past a missing answer.
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

  // Arrow keys click each answer they pass; only a tap means "this one".
  form.addEventListener("click", (event) => {
    if (!tapped || event.target.type !== "radio") return;
    clearTimeout(timer);
    timer = setTimeout(forward, SEEN);
  });

  form.addEventListener("submit", (event) => {
    const gap = firstGap();
    if (current === last && gap === last && !sending) return waiting(setTimeout(waiting, SENDING, 0));
    event.preventDefault();
    if (current < last) return forward();
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
  addEventListener("pageshow", ({ persisted }) => (persisted ? waiting(0) : moved || begin()));
  // Opened by a person; scanners run no script. A beacon would not say where it comes from.
  const opened = /^\/(c\/[^/]+|check-in\/[^/]{36})$/.test(location.pathname);
  if (opened) fetch(`${location.pathname}/opened`, { method: "POST", keepalive: true }).catch(() => {});
  form.classList.add("stepped");
  title.classList.add("visually-hidden");
  part("how").hidden = false;
  begin();
})();
