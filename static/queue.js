// Answers on their way: kept, encrypted, until the server has them. Pages and worker share this.
self.unsent ??= (() => {
  "use strict";
  const PATIENCE = 10000; // ms for one try
  const AES = { name: "AES-GCM", length: 256 };
  const database = new Promise((done, failed) => {
    const request = indexedDB.open("unsent");
    request.onupgradeneeded = () => {
      request.result.createObjectStore("answers", { keyPath: "id" });
      request.result.createObjectStore("keys");
    };
    request.onsuccess = () => done(request.result);
    request.onerror = failed;
  });

  // One step on a store; what was written is then on the disk.
  async function on(name, step) {
    const change = (await database).transaction(name, "readwrite", { durability: "strict" });
    const request = step(change.objectStore(name));
    return new Promise((done, failed) => {
      change.oncomplete = () => done(request.result);
      change.onabort = failed;
    });
  }

  const all = async () => (await on("answers", (answers) => answers.getAll())).sort((a, b) => a.at - b.at);
  const write = (one) => on("answers", (answers) => answers.put(one));
  const drop = (id) => on("answers", (answers) => answers.delete(id));
  const known = () => on("keys", (keys) => keys.get(1));
  const alone = (act, ifAvailable) => navigator.locks.request("unsent", { ifAvailable }, act);

  async function key() {
    const made = await known() ?? await crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);
    await on("keys", (keys) => keys.add(made, 1)).catch(() => {});
    return known();
  }

  async function put(id, path, body) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify([path, body]));
    const data = await crypto.subtle.encrypt({ ...AES, iv }, await key(), plain);
    await write({ id, at: Date.now(), iv, data });
  }

  // Only a reply that names the key counts; a hotel's page says 200 too.
  async function send({ id, at, iv, data }) {
    const plain = await crypto.subtle.decrypt({ ...AES, iv }, await key(), data);
    const [path, body] = JSON.parse(new TextDecoder().decode(plain));
    const answer = await fetch(path, {
      method: "POST",
      body: new URLSearchParams(`${body}&waited=${Math.max(0, Math.round((Date.now() - at) / 1000))}`),
      headers: { "Accept": "application/json", "Idempotency-Key": id },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const said = await answer.json();
    if (answer.status === 401) return { state: "signed-out" };
    if (said.key !== id) return {};
    return { ...said, state: answer.ok || answer.status === 409 ? "sent" : "refused" };
  }

  // Sends what waits, in one tab at a time; returns how many are left.
  async function flush(patiently) {
    const detail = {};
    await alone(async (mine) => {
      for (const one of mine ? await all() : []) {
        if (one.state === "refused") continue;
        const { id } = one;
        const { state } = detail[id] = await send(one).catch(() => ({}));
        await (state === "sent" ? drop(id) : write({ ...one, state }));
      }
    }, !patiently);
    dispatchEvent(new CustomEvent("unsent", { detail }));
    return (await all()).filter((one) => one.state !== "refused").length;
  }

  const clear = () => alone(() => on("answers", (answers) => answers.clear()));

  return { all, put, drop, flush, clear };
})();
