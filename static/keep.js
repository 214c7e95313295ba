// Sends a check-in by way of this phone's storage, so that no lost connection takes answers along.
(() => {
  "use strict";
  const part = (id) => document.getElementById(id);
  const form = part("check-in");
  let kept = ""; // the key of the answers that this page has put on the phone and shows nothing else for
  let given = "";
  let worried = false;

  const written = () => String(new URLSearchParams(new FormData(form)));

  // Shows what became of the answers in the place of the questions; nothing: the questions again.
  function tell(name) {
    for (const each of [form, part("kept"), part("told")]) each.hidden = (name ?? form.id) !== each.id;
    part("still-here").hidden = name === "told";
    if (name) part(name).querySelector("h2").focus();
  }

  // Puts the answers on this phone, then on their way; thoughts of death are answered before any network.
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (given && given !== written()) form.key.value = crypto.randomUUID(); // other answers are not the same again
    given = written();
    kept = form.key.value;
    try {
      await unsent.put(kept, form.getAttribute("action"), given);
    } catch {
      return form.submit(); // no room, or a private window that keeps nothing
    }
    worried = [...form.querySelectorAll("[data-safety] :checked")].some((choice) => choice.value > 0);
    if (worried) tell("told");
    unsent.flush(true);
  });

  addEventListener("unsent", async ({ detail }) => {
    const own = kept && (await unsent.all()).find(({ id }) => id === kept);
    if (own?.state === "refused") {
      await unsent.drop(kept);
      form.submit(); // the page that comes says why
    } else if (own && !worried) tell("kept");
    else if (kept && !own && worried) {
      part("words").textContent = detail[kept]?.words ?? part("words").dataset.sent;
      part("on").hidden = false;
    } else if (kept && !own) location.assign(form.dataset.thanks);
  });

  addEventListener("popstate", () => {
    kept = "";
    tell();
  });
})();
