// A check-in's answers go by way of the phone's storage; only what the server said of them is claimed.
(() => {
  "use strict";
  const part = (id) => self.document?.getElementById(id);
  const form = part("check-in");
  if (!form) return;
  const words = part("words");
  const unseen = words.textContent;
  let kept = ""; // the key of what this page waits for
  let given = "";
  let worried = false;

  const path = () => form.getAttribute("action");
  const written = () => String(new URLSearchParams(new FormData(form)));
  const plainly = () => form.submit();

  // Shows a section in the place of the questions; none: the questions again.
  function tell(name) {
    for (const each of [form, part("kept"), part("told")]) each.hidden = (name ?? form.id) !== each.id;
    if (name) part(name).querySelector("h2").focus();
  }

  // What became of the answers that this page waits for.
  function hear({ state, words: said, error }) {
    const there = state === "sent" || state === "already";
    const thanks = form.dataset.thanks + (state === "already" ? "?already=1" : "");
    if (there) kept = "";
    if (worried) {
      words.textContent = said || (there ? error ?? words.dataset.sent
        : state === "gone" ? words.dataset.gone : [unseen, error].join(" "));
      part("again").hidden = state !== "refused";
      if (there) part("on").href = thanks;
    } else if (there) location.assign(thanks);
    else if (state === "refused") unsent.drop(kept).catch(() => {}).then(plainly);
    else if (state === "gone") location.assign(path());
    else tell("kept");
  }

  // On the phone first; thoughts of death are answered before any network, and before the storage.
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (given && given !== written()) form.key.value = form.key.value.slice(0, 32) + Date.now();
    given = written();
    kept = form.key.value;
    worried = [...form.querySelectorAll("[data-safety] :checked")].some((choice) => choice.value > 0);
    if (worried) tell("told");
    try {
      await unsent.put(kept, path(), given);
    } catch {
      if (!worried) return plainly(); // nothing can be kept here
      words.textContent = words.dataset.lost;
      const key = kept;
      kept = ""; // nothing more is heard of it from the storage
      const reply = await unsent.post(key, path(), given).catch(() => ({}));
      if (reply.state) hear(reply);
      part("again").hidden = reply.state === "sent" || reply.state === "already";
      return;
    }
    unsent.flush(true).catch(() => {});
  });

  addEventListener("unsent", async ({ detail }) => {
    if (!kept) return;
    const held = detail[kept] ? [] : await unsent.all().catch(() => [{ id: kept }]);
    hear(detail[kept] ?? held.find(({ id }) => id === kept) ?? { state: "gone" });
  });

  addEventListener("popstate", () => {
    kept = "";
    tell();
  });

  part("again").onclick = () => unsent.drop(kept).catch(() => {}).then(plainly);
})();
