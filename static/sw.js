// The worker: keeps the public shell and never a page about a person, sends what waits, shows notices.
importScripts(SHELL.queue);
const WAIT = 8000; // milliseconds until the kept help page stands in for one that does not come
const shell = () => caches.open(SHELL.version);

addEventListener("install", (event) => event.waitUntil(shell().then((kept) =>
  kept.addAll([...SHELL.files, ...Object.values(SHELL.pages)]))));

addEventListener("activate", (event) => event.waitUntil(caches.keys().then((names) =>
  Promise.all(names.filter((name) => name !== SHELL.version).map((name) => caches.delete(name))))));

async function page(request, own) {
  try {
    return await fetch(request, own && { signal: AbortSignal.timeout(WAIT) });
  } catch {
    return (await shell()).match(own ?? SHELL.pages.other);
  }
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const path = request.url.replace(location.origin, "");
  if (request.method === "GET" && request.mode === "navigate") event.respondWith(page(request, SHELL.pages[path]));
  else if (SHELL.files.includes(path)) {
    event.respondWith(shell().then((kept) => kept.match(path)).then((file) => file ?? fetch(request)));
  }
});

addEventListener("sync", (event) => event.waitUntil(unsent.flush(true).then((left) => {
  if (left) throw new Error("not all sent"); // the browser asks again later
})));

addEventListener("push", (event) => {
  const { title, body, path, tag } = event.data.json();
  event.waitUntil(registration.showNotification(title, { body, tag, icon: SHELL.icon, data: path }).then(() =>
    path.startsWith("/c/") && fetch(`${path}/shown`, { method: "POST" }).catch(() => {}))); // it tells that it arrived
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clients.openWindow(event.notification.data));
});
