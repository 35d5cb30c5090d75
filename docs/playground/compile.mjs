// node compile.mjs PYODIDE SOURCES.zip PACK LIBRARY: compiles modules with the Python that will run
// them, see compiling.py. Needed by build.py only.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, sources, pack, library] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const python = await loadPyodide();
python.FS.writeFile("/tmp/library.zip", readFileSync(`${folder}/python_stdlib.zip`));
python.unpackArchive(new Uint8Array(readFileSync(sources)), "zip", { extractDir: "/tmp/all" });
python.runPython(readFileSync(new URL("compiling.py", import.meta.url), "utf8"));
writeFileSync(pack, python.FS.readFile("/tmp/pack"));
writeFileSync(library, python.FS.readFile("/tmp/compiled.zip"));
