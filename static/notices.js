// The page about notices: shows how things stand on this phone, and asks the browser when the button is touched.
(() => {
  "use strict";
  const page = document.getElementById("notices");
  const show = (state) => {
    for (const part of page.querySelectorAll("[data-is]")) part.hidden = part.dataset.is !== state;
  };

  async function stand() {
    const worker = self.PushManager && await navigator.serviceWorker?.ready;
    if (!worker) return show("none");
    if (Notification.permission === "denied") return show("denied");
    return show(await worker.pushManager.getSubscription() ? "on" : "off");
  }

  page.querySelector("button").onclick = async () => {
    try {
      const { pushManager } = await navigator.serviceWorker.ready;
      const own = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: page.dataset.key });
      show(await phone.confirmed(own) ? "on" : "failed");
    } catch {
      show(Notification.permission === "denied" ? "denied" : "failed");
    }
  };
  stand();
})();
