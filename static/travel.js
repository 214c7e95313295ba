// Asks once, when the clock of this phone and that of the reminders differ, which of them to go by.
(() => {
  "use strict";
  const asked = self.document?.getElementById("travel");
  if (!asked) return;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const clock = (timeZone) => new Date().toLocaleString("en-GB", { timeZone, timeStyle: "short", dateStyle: "short" });
  try {
    if (!here || here === asked.dataset.refused || clock(here) === clock(asked.dataset.zone)) return;
  } catch {
    return; // a zone that this phone does not know yet
  }
  asked.elements.zone.value = here;
  asked.querySelector("b").textContent = here.split("/").pop().replaceAll("_", " ");
  asked.hidden = false;
})();
