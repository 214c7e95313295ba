// Asks once, when the clock of this phone and that of the reminders differ, which of them to go by.
(() => {
  "use strict";
  const asked = document.getElementById("travel");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const clock = (timeZone) => new Date().toLocaleString("en-GB", { timeZone, timeStyle: "short", dateStyle: "short" });
  if (!asked || !here || here === asked.dataset.refused || clock(here) === clock(asked.dataset.zone)) return;
  asked.elements.zone.value = here;
  asked.querySelector("b").textContent = here.split("/").pop().replaceAll("_", " ");
  asked.hidden = false;
})();
