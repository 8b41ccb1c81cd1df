// Compiles the WebAssembly text of the wire kernel and embeds it in a TypeScript module. Filled in with the kernel.
