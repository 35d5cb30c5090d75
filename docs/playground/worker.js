// Runs Python in a worker, so that the page never stops: one request at a time, in order.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const started = start();

async function start() {
  const files = await (await fetch("files.json")).json();
  const modules = fetch(files.modules).then(unpacked);
  const python = await loadPyodide({ indexURL: new URL("./pyodide/", self.location.href).href });
  say("starting cnncalc");
  const place = python.runPython("import site; site.getsitepackages()[0]");
  write(python.FS, place, await modules);
  python.runPython("import importlib; importlib.invalidate_caches()");
  return { python, files, session: python.pyimport("session") };
}

// A compressed tar, unpacked here: Python would take half a second to import what unpacks it.
async function unpacked(answer) {
  const stream = answer.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function write(files, place, bytes) {
  const text = (from, to) => new TextDecoder().decode(bytes.subarray(from, to)).replace(/\0.*/s, "");
  for (let at = 0; bytes[at]; ) {
    const path = `${place}/${text(at, at + 100)}`;
    const size = parseInt(text(at + 124, at + 136), 8);
    files.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    files.writeFile(path, bytes.subarray(at + 512, at + 512 + size));
    at += 512 * (1 + Math.ceil(size / 512));
  }
}

function say(text) {
  postMessage({ about: "start", text });
}

async function addNumPy(here) {
  // NumPy is large: it is fetched when something is to be run, where this copy has it.
  if (here.files.numpy && !here.session.has_numpy()) {
    await here.python.loadPackage(new URL(here.files.numpy, self.location.href).href);
  }
}

onmessage = async ({ data }) => {
  const began = performance.now();
  try {
    const here = await started;
    let result;
    if (data.about === "networks") result = JSON.parse(here.session.networks());
    else if (data.about === "spec") result = here.session.spec_of(data.name);
    else if (data.about === "names") result = JSON.parse(here.session.names(data.text, data.variant || undefined));
    else {
      if (data.about === "verify") await addNumPy(here);
      result = JSON.parse(here.session.answer(data.about, data.text, here.python.toPy(data.more)));
    }
    postMessage({ id: data.id, result, took: performance.now() - began });
  } catch (error) {
    postMessage({ id: data.id, failed: String(error), took: performance.now() - began });
  }
};

started.then(() => say(""), (error) => postMessage({ about: "start", text: "", failed: String(error) }));
