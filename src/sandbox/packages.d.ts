/** The engine as bytes, built into the child: nothing is looked for on disk at run time. */
declare module '@jitl/quickjs-wasmfile-release-sync/wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export = bytes;
}

/** The types that come with it are those of its CommonJS half; the build takes the other. */
declare module '@jitl/quickjs-wasmfile-release-sync' {
  const variant: import('quickjs-emscripten-core').QuickJSSyncVariant;
  export = variant;
}

/** Node has it; its types leave it to those of browsers. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: object);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    constructor(pages: { readonly initial: number; readonly maximum: number });
  }
}
