// The page: it sends what is typed to the worker and shows what comes back.
const find = (id) => document.getElementById(id);
const spec = find("spec");
const FIRST = `name: Tiny
input: 3x32x32              # channels x height x width
layers:
  - conv: {out_channels: 16, kernel_size: 3, padding: 1}
  - relu
  - max_pool: 2
  - conv: {out_channels: 32, kernel_size: 3, padding: 1}
  - relu
  - global_avg_pool
  - flatten
  - linear: 10
`;

const worker = new Worker("worker.js", { type: "module" });
const waiting = new Map();
let count = 0;
worker.onmessage = ({ data }) => {
  if (data.about === "start") {
    find("state").textContent = data.failed ? `cannot start: ${data.failed}` : data.text;
    return;
  }
  const settle = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.failed) settle.no(new Error(data.failed));
  else settle.yes(data);
};
worker.onerror = (event) => {
  find("state").textContent = `cannot start: ${event.message || "the page must come from a server"}`;
};

function ask(request) {
  return new Promise((yes, no) => {
    waiting.set(++count, { yes, no });
    worker.postMessage({ id: count, ...request });
  });
}

let kind = "summary";
let wanted = false; // something changed while an answer was on its way
let busy = false;

async function refresh() {
  wanted = true;
  if (busy) return;
  busy = true;
  while (wanted) {
    wanted = false;
    try {
      await once();
    } catch (error) {
      find("state").textContent = error.message;
    }
  }
  busy = false;
}

async function once() {
  const text = spec.value;
  const asked = kind;
  const { result, took } = await ask({ about: asked, text, more: options(asked) });
  if (asked === kind) show(result, asked);
  find("state").textContent = `${Math.round(took)} ms`;
  document.body.dataset.answered = String(Number(document.body.dataset.answered || 0) + 1);
  if (!wanted) await offer(text);
}

// What can be chosen follows from the spec: its layers and variants.
async function offer(text) {
  const variant = find("variant").value;
  const names = (await ask({ about: "names", text, variant })).result;
  if (!names.layers.length) return;
  fill(find("layer"), ["", ...names.layers], "all");
  fill(find("variant"), names.variants.length ? ["", ...names.variants] : [], "none");
  find("variant-label").hidden = !names.variants.length;
  if (variant && find("variant").value !== variant) wanted = true;
}

function options(asked) {
  const variant = find("variant").value;
  const more = variant ? ["--variant", variant] : [];
  if (asked === "explain" && find("layer").value) more.unshift(find("layer").value);
  if (asked === "picture") more.push("--style", find("style").value);
  return more;
}

function fill(select, values, none) {
  const now = select.value;
  select.replaceChildren(...values.map((value) => new Option(value || none, value)));
  select.value = values.includes(now) ? now : values[0] ?? "";
}

function show({ status, out, err, faults }, asked) {
  const refused = status === 0 ? "" : err || out;
  find("faults").hidden = !refused;
  find("faults").textContent = refused;
  number(faults);
  const good = status === 0 || out !== "";
  find("answer").classList.toggle("old", !good);
  if (!good) return;
  const drawn = asked === "picture" && status === 0;
  find("text").hidden = drawn;
  find("picture").hidden = !drawn;
  if (drawn) find("picture").src = "data:image/svg+xml," + encodeURIComponent(out);
  else find("text").textContent = out + (status === 0 && err ? "\n" + err : "");
}

function number(faults = []) {
  const lines = spec.value.split("\n").map((_, index) => index + 1);
  const marks = lines.map((line) => {
    const mark = document.createElement(faults.includes(line) ? "b" : "span");
    mark.textContent = (faults.includes(line) ? "▸" : "") + line + "\n";
    return mark;
  });
  find("numbers").replaceChildren(...marks);
  find("numbers").scrollTop = spec.scrollTop;
}

// The link holds the spec, compressed: nothing is stored anywhere.
async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpacked(word) {
  const letters = atob(word.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).text();
}

async function remember() {
  const variant = find("variant").value;
  const link = `#spec=${await packed(spec.value)}` + (variant ? `&variant=${encodeURIComponent(variant)}` : "");
  history.replaceState(null, "", link);
}

async function open() {
  const asked = new URLSearchParams(location.hash.slice(1));
  try {
    spec.value = asked.get("spec") ? await unpacked(asked.get("spec")) : FIRST;
  } catch {
    spec.value = FIRST;
    find("state").textContent = "the link is damaged";
  }
  variant(asked.get("variant"));
  number();
  await refresh();
}

function variant(name) {
  find("variant").replaceChildren(...(name ? [new Option(name)] : []));
  find("variant-label").hidden = !name;
}

let pause;
function changed() {
  number();
  clearTimeout(pause);
  pause = setTimeout(() => { remember(); refresh(); }, 150);
}

spec.addEventListener("input", () => { find("networks").value = ""; changed(); });
spec.addEventListener("scroll", () => { find("numbers").scrollTop = spec.scrollTop; });
for (const id of ["variant", "layer", "style"]) find(id).addEventListener("change", changed);
addEventListener("hashchange", open);
find("tabs").addEventListener("click", ({ target }) => { if (target.dataset.kind) choose(target.dataset.kind); });

function choose(name) {
  kind = name;
  for (const tab of find("tabs").children) tab.setAttribute("aria-selected", String(tab.dataset.kind === kind));
  for (const option of find("options").children) option.hidden = option.dataset.for !== kind;
  refresh();
}

find("networks").addEventListener("change", async ({ target }) => {
  const chosen = target.selectedOptions[0];
  if (!chosen.value) return;
  spec.value = (await ask({ about: "spec", name: chosen.dataset.file })).result;
  spec.scrollTop = 0;
  variant(chosen.dataset.variant);
  changed();
});

find("share").addEventListener("click", async ({ target }) => {
  await remember();
  try {
    await navigator.clipboard.writeText(location.href);
    target.textContent = "Copied";
  } catch {
    target.textContent = "The address is the link";
  }
  setTimeout(() => { target.textContent = "Copy link"; }, 2000);
});

for (const option of find("options").children) option.hidden = option.dataset.for !== kind;
await open();
ask({ about: "networks" }).then(({ result }) => {
  for (const [name, file, variant] of result) {
    const entry = new Option(name, name);
    entry.dataset.file = file;
    entry.dataset.variant = variant ?? "";
    find("networks").append(entry);
  }
}, () => {});
if (location.protocol !== "file:") navigator.serviceWorker?.register("offline.js");
