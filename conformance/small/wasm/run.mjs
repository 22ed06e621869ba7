// Loads a module, counts its imports, runs its self-test.
import { readFileSync } from "node:fs";

const bytes = readFileSync(process.argv[2]);
const module = new WebAssembly.Module(bytes);
const imports = WebAssembly.Module.imports(module);
if (imports.length !== 0) {
  console.error("it imports", imports);
  process.exit(1);
}
const { self_test, failure, memory } = new WebAssembly.Instance(module, {}).exports;
const length = self_test();
if (length !== 0) {
  const text = new Uint8Array(memory.buffer, failure(), length);
  console.error("FAILED:", new TextDecoder().decode(text));
  process.exit(1);
}
console.log(`imports=0 module=${bytes.length} B memory=${memory.buffer.byteLength} B`);
