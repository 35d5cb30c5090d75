// node compile.mjs FOLDER_OF_PYODIDE FROM.zip TO.zip: compiles modules with the Python that will
// run them, which shortens the way to the first answer. Needed by build.py only.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, from, to] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const python = await loadPyodide();
python.unpackArchive(new Uint8Array(readFileSync(from)), "zip", { extractDir: "/tmp/all" });
python.runPython(`
import pathlib, py_compile, shutil, sys

# Compiled modules are twice as large: only those that the page's questions import are compiled.
sys.dont_write_bytecode = True
sys.path.insert(0, "/tmp/all")
import session

for kind in session.COMMANDS:
    session.answer(kind, session.SAMPLE, [])
for module in [*sys.modules.values()]:
    source = getattr(module, "__file__", None) or ""
    if source.startswith("/tmp/all/"):
        py_compile.compile(source, source + "c", dfile=source.removeprefix("/tmp/all/"), doraise=True)
        pathlib.Path(source).unlink()
shutil.make_archive("/tmp/compiled", "zip", "/tmp/all")
`);
writeFileSync(to, python.FS.readFile("/tmp/compiled.zip"));
